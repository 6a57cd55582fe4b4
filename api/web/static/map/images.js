/** The map's marks, drawn on the device at twice its pixels: no sprite to fetch, sharp in both palettes. */

const RATIO = 2;

function draw(size, paint) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size * RATIO;
  const pen = canvas.getContext("2d", {willReadFrequently: true});
  pen.scale(RATIO, RATIO);
  pen.lineJoin = pen.lineCap = "round";
  paint(pen, size / 2);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

function polygon(pen, centre, radius, corners, turn) {
  pen.beginPath();
  for (let corner = 0; corner < corners; corner += 1) {
    const angle = turn + (corner * 2 * Math.PI) / corners;
    pen.lineTo(centre + radius * Math.cos(angle), centre + radius * Math.sin(angle));
  }
  pen.closePath();
}

function filled(pen, {fill, line, width}) {
  pen.lineWidth = width;
  pen.strokeStyle = line;
  pen.fillStyle = fill;
  pen.fill();
  pen.stroke();
}

function diamond(colours) {
  return draw(20, (pen, centre) => {
    polygon(pen, centre, 8.6, 4, 0);
    filled(pen, {fill: colours.high, line: colours.markLine, width: 1.6});
  });
}

function octagon(colours) {
  return draw(26, (pen, centre) => {
    polygon(pen, centre, 11.4, 8, Math.PI / 8);
    filled(pen, {fill: colours.full, line: colours.markLine, width: 1.6});
    pen.fillStyle = colours.fullInk;
    pen.fillRect(centre - 1.4, centre - 6.2, 2.8, 7.4);
    pen.fillRect(centre - 1.4, centre + 3.2, 2.8, 2.8);
  });
}

/** Sits at a bin's shoulder: its sensor says nothing, or nothing one can trust. */
function doubt(colours) {
  return draw(14, (pen, centre) => {
    pen.beginPath();
    pen.arc(centre, centre, 5.6, 0, 2 * Math.PI);
    filled(pen, {fill: colours.ink, line: colours.surface, width: 1.4});
    pen.fillStyle = colours.surface;
    pen.font = "bold 9px sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText("?", centre, centre + 0.6);
  });
}

/** Points to the right; the map turns it along the line. */
function arrow(colour) {
  return draw(16, (pen, centre) => {
    pen.strokeStyle = colour;
    pen.lineWidth = 2.6;
    pen.beginPath();
    pen.moveTo(centre - 2.6, centre - 4.6);
    pen.lineTo(centre + 2.4, centre);
    pen.lineTo(centre - 2.6, centre + 4.6);
    pen.stroke();
  });
}

/** The same, to be read beside a dashed line of any colour. */
function heading(fill, line) {
  return draw(16, (pen, centre) => {
    pen.beginPath();
    pen.moveTo(centre - 4.4, centre - 5);
    pen.lineTo(centre + 5.4, centre);
    pen.lineTo(centre - 4.4, centre + 5);
    pen.closePath();
    filled(pen, {fill, line, width: 2.4});
    pen.fill();
  });
}

/** The disc under a stop's number. */
function disc(fill, line) {
  return draw(34, (pen, centre) => {
    pen.beginPath();
    pen.arc(centre, centre, 14.6, 0, 2 * Math.PI);
    filled(pen, {fill, line, width: 2.6});
  });
}

function badge(colours, paint) {
  return draw(30, (pen, centre) => {
    pen.beginPath();
    pen.roundRect(centre - 12, centre - 12, 24, 24, 6);
    filled(pen, {fill: colours.ink, line: colours.surface, width: 2});
    pen.strokeStyle = pen.fillStyle = colours.surface;
    pen.lineWidth = 2;
    paint(pen, centre);
  });
}

const depot = (colours) => badge(colours, (pen, centre) => {
  pen.beginPath();
  pen.moveTo(centre - 7, centre + 6);
  pen.lineTo(centre - 7, centre - 2);
  pen.lineTo(centre, centre - 7);
  pen.lineTo(centre + 7, centre - 2);
  pen.lineTo(centre + 7, centre + 6);
  pen.stroke();
  pen.fillRect(centre - 3.5, centre, 7, 7);
});

const disposal = (colours) => badge(colours, (pen, centre) => {
  pen.beginPath();
  pen.moveTo(centre, centre - 7);
  pen.lineTo(centre, centre + 2);
  pen.moveTo(centre - 4, centre - 2);
  pen.lineTo(centre, centre + 2);
  pen.lineTo(centre + 4, centre - 2);
  pen.moveTo(centre - 7, centre + 3);
  pen.lineTo(centre - 7, centre + 7);
  pen.lineTo(centre + 7, centre + 7);
  pen.lineTo(centre + 7, centre + 3);
  pen.stroke();
});

/** The colours of the marks come from the same tokens as the rest of the page. */
function markColours() {
  const style = getComputedStyle(document.documentElement);
  const token = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    high: token("high"), full: token("full"), markLine: token("mark-line"), ink: token("ink"), surface: token("surface"),
    fullInk: document.documentElement.dataset.theme === "night" ? "#14050a" : "#ffffff",
  };
}

/** Put every image into the map, or renew it after the palette changed. */
export function putImages(map, palette) {
  const colours = markColours();
  const images = {
    diamond: diamond(colours), octagon: octagon(colours), doubt: doubt(colours),
    stop: disc(palette.stop, palette.route), arrow: arrow(palette.arrow), heading: heading(palette.heading, palette.headingLine), depot: depot(colours), disposal: disposal(colours),
  };
  for (const [name, image] of Object.entries(images)) {
    if (map.hasImage(name)) map.updateImage(name, image);
    else map.addImage(name, image, {pixelRatio: RATIO});
  }
}
