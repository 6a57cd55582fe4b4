/** "inom 6 h" -> the same, with a blank that no line breaks at: a number and its unit stay together. */
export const glued = (text) => text.replace(/(\d) (?=[\p{L}%°€$£])/gu, "$1\u00a0");
