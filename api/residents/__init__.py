"""The page of whoever finds a full bin, behind the sticker on it; and the stickers."""
