import protobuf from 'protobufjs';

export const { parse } = protobuf;
