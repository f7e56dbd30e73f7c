@rem npm runs scripts by cmd on Windows, which has no exec: the others need it, so that signals reach Node.
@%*
