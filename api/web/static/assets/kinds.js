/** What the forms ask of each kind of thing. Bounds are the server's: it names the field that it refuses. */

const SHAPES = ["straight", "box", "tapered", "lying_cylinder", "sphere", "igloo", "underground", "table"];

/** `only`: asked when another field has one of these values. */
export const FIELDS = {
  sites: [
    {name: "id", must: true, fixed: true}, {name: "name", must: true}, {name: "area"},
    {name: "lat_deg", type: "number", must: true, unit: "°"}, {name: "lon_deg", type: "number", must: true, unit: "°"},
    {name: "access_note", type: "area"}, {name: "service_s", type: "number", unit: "s"}, {name: "kerb", type: "check"},
  ],
  bins: [
    {name: "id", must: true, fixed: true}, {name: "site_id", must: true, type: "site"},
    {name: "container_type_id", must: true, type: "container"}, {name: "fraction_code", must: true, type: "fraction"},
    {name: "service_s", type: "number", unit: "s"}, {name: "skills", type: "words"},
  ],
  "container-types": [
    {name: "id", must: true, fixed: true}, {name: "name", must: true}, {name: "volume_l", type: "number", must: true, unit: "l"},
    {name: "max_kg", type: "number", must: true, unit: "kg"}, {name: "empty_mm", type: "number", must: true, unit: "mm"},
    {name: "full_mm", type: "number", must: true, unit: "mm"}, {name: "shape", type: "choice", choices: SHAPES},
    {name: "taper_ratio", type: "number", only: {shape: ["tapered"]}},
    {name: "diameter_mm", type: "number", unit: "mm", only: {shape: ["lying_cylinder", "sphere", "igloo"]}},
    {name: "shaft_mm", type: "number", unit: "mm", only: {shape: ["underground"]}},
    {name: "shaft_ratio", type: "number", only: {shape: ["underground"]}},
    {name: "volume_table", type: "points", only: {shape: ["table"]}}, {name: "skills", type: "words"},
  ],
  sensors: [
    {name: "id", must: true, fixed: true}, {name: "make"}, {name: "model"}, {name: "dead_zone_mm", type: "number", unit: "mm"},
    {name: "sound_reference_c", type: "number", unit: "°C"},
  ],
};

/** A number as people type it, with a comma or a point; what is none goes as it is, so that the server names it. */
export function numberOf(text) {
  const plain = text.trim().replace(/\s/g, "").replace(",", ".").replace("−", "-");
  if (plain === "") return null;
  const number = Number(plain);
  return Number.isFinite(number) ? number : text;
}

const pointsOf = (text) => text.split("\n").filter((line) => line.trim()).map((line) => {
  const [height, volume] = line.split(/[;\t ]+/).map(numberOf);
  return {height_mm: height, volume_l: volume};
});

const shownNumber = (value) => (value === null || value === undefined ? "" : String(value));

/** From the server's value to what stands in the form. */
export function toForm(field, value) {
  if (field.type === "check") return Boolean(value);
  if (field.type === "words") return (value ?? []).join(", ");
  if (field.type === "points") return (value ?? []).map((each) => `${each.height_mm} ${each.volume_l}`).join("\n");
  return field.type === "number" ? shownNumber(value) : (value ?? "");
}

/** And back. */
export function fromForm(field, shown) {
  if (field.type === "check") return shown;
  if (field.type === "number") return numberOf(shown);
  if (field.type === "words") return shown.split(",").map((word) => word.trim()).filter(Boolean);
  if (field.type === "points") return pointsOf(shown);
  return field.type === "area" ? shown : shown.trim();
}

export const isAsked = (field, values) => !field.only
  || Object.entries(field.only).every(([name, wanted]) => wanted.includes(values[name]));

/** What differs from what was loaded; of a new thing everything that was filled in. A shape's left-over measures go. */
export function changesOf(fields, values, before) {
  const told = {};
  for (const field of fields) {
    const was = before ? toForm(field, before[field.name]) : undefined;
    const asked = isAsked(field, values);
    if (!asked && before && was !== "") told[field.name] = field.type === "points" ? [] : null;
    if (!asked || values[field.name] === was) continue;
    const value = fromForm(field, values[field.name]);
    if (before || (value !== null && value !== "")) told[field.name] = value;
  }
  return told;
}
