// A module worker: decodes what it is sent, one after the other as they come, and gives the pixels away.
import { decodePicture } from './decode';
import { failureOf, type Answer, type Task } from './messages';

addEventListener('message', ({ data: { id, file, options } }: MessageEvent<Task>) => {
  decodePicture(file, options).then(
    (picture) => {
      const answer: Answer = { id, picture };
      postMessage(answer, { transfer: [picture.data.buffer] });
    },
    (error: unknown) => {
      const answer: Answer = { id, failure: failureOf(error) };
      postMessage(answer);
    },
  );
});
