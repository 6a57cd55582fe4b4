/** Reads a device's label: with the camera where the browser can, else the installer types it. */
import {useWords} from "../lib/context.js";
import {html, useEffect, useRef, useState} from "../lib/html.js";

const LOOK_EVERY_MS = 250;
const FORMATS = ["qr_code", "data_matrix", "code_128"];

export const canScan = () => "BarcodeDetector" in window && Boolean(navigator.mediaDevices?.getUserMedia);

/**
 * The device's name in what a label says: the LoRa Alliance's form (TR005: "LW:D0:<join EUI>:<device EUI>:…"), an address
 * that ends in the name, an EUI amid other text, or the text itself.
 *
 * @param {string} text
 */
export function deviceIn(text) {
  const said = text.trim();
  const label = /^LW:D[0-9]:[0-9A-F]{16}:([0-9A-F]{16})/i.exec(said);
  if (label) return label[1].toLowerCase();
  const bare = said.replace(/[-:. ]/g, "");
  if (/^[0-9A-F]{16}$/i.test(bare)) return bare.toLowerCase();
  const eui = /(?:^|[^0-9A-F])([0-9A-F]{16})(?![0-9A-F])/i.exec(said);
  if (eui) return eui[1].toLowerCase();
  const last = /^https?:\/\/\S*\/([^/?#]+)/i.exec(said);
  return last ? decoded(last[1]) : said;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a lone "%" is part of the name
  }
}

export function Scanner({onFound, onClose}) {
  const {t} = useWords();
  const video = useRef(null);
  const [fault, setFault] = useState("");
  useEffect(() => {
    let stream = null;
    let timer = 0;
    let ended = false;
    (async () => {
      try {
        stream = await navigator.mediaDevices.getUserMedia({video: {facingMode: "environment"}});
        if (ended) return stream.getTracks().forEach((track) => track.stop());
        video.current.srcObject = stream;
        await video.current.play();
        const detector = new BarcodeDetector({formats: FORMATS});
        const glance = async () => {
          const [code] = await detector.detect(video.current).catch(() => []);
          if (ended) return;
          if (code) onFound(code.rawValue);
          else timer = setTimeout(glance, LOOK_EVERY_MS);
        };
        await glance();
      } catch (error) {
        setFault(t("install.no_camera", {detail: error.message}));
      }
    })();
    return () => {
      ended = true;
      clearTimeout(timer);
      stream?.getTracks().forEach((track) => track.stop());
    };
  }, []);
  return html`<div class="scanner">${fault ? html`<p class="fault" role="alert">${fault}</p>`
    : html`<video ref=${video} muted playsinline aria-label=${t("install.scanning")}></video>`}
    <button type="button" class="button wide" onClick=${onClose}>${t("install.stop_scan")}</button></div>`;
}
