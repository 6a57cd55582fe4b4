"""What somebody should look at: raised and ended with hysteresis, from what sensors say and from their silence.

Two halves. `signs` and `trail` judge what is heard, message by message, inside the pipeline and in the batch's own
transaction. `watch` judges once a minute what is *not* heard: silence, losses, pick-ups that left no trace.
"""
