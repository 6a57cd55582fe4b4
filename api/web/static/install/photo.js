/** Makes a photo small enough to keep and send; drawing it anew also leaves behind what the phone wrote into it. */
const SIDE_PX = 1_600;
const SIZE_MAX_BYTES = 550_000;
const QUALITIES = [0.8, 0.65, 0.5, 0.35];

const asJpeg = (canvas, quality) => new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));

/** @param {Blob} file @returns {Promise<Blob>} A JPEG of at most 1,600 pixels and 550 kB. @throws when it is no picture. */
export async function smallPhoto(file) {
  const picture = await createImageBitmap(file, {imageOrientation: "from-image"});
  const scale = Math.min(1, SIDE_PX / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  for (const quality of QUALITIES) {
    const made = await asJpeg(canvas, quality);
    if (made && made.size <= SIZE_MAX_BYTES) return made;
  }
  throw new Error("too large");
}
