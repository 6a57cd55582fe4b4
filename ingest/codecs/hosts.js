// What other hosts of codecs offer and the engine lacks: TextDecoder, TextEncoder, Buffer, require("buffer").
(function (global) {
  "use strict";
  const { defineProperty } = Object;
  const { ownKeys } = Reflect;
  const isView = ArrayBuffer.isView;

  function utf8(bytes) {
    let text = "";
    for (let i = 0; i < bytes.length; ) {
      const first = bytes[i++];
      const more = first < 0x80 ? 0 : first >= 0xf0 && first < 0xf5 ? 3 : first >= 0xe0 ? 2 : first >= 0xc2 ? 1 : -1;
      let point = more <= 0 ? first : first & (0x3f >> more);
      let bad = more < 0 || first >= 0xf5;
      for (let n = 0; n < more && !bad; n++) {
        if ((bytes[i] & 0xc0) !== 0x80) bad = true;
        else point = (point << 6) | (bytes[i++] & 0x3f);
      }
      text += bad || point > 0x10ffff ? "\ufffd" : String.fromCodePoint(point);
    }
    return text;
  }
  function octets(view) {
    if (view === undefined) return [];
    if (view instanceof ArrayBuffer) return new Uint8Array(view);
    return isView(view) ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : view;
  }
  class TextDecoder {
    constructor(label = "utf-8") {
      this.encoding = String(label).toLowerCase();
    }
    decode(view) {
      const bytes = octets(view);
      if (/^utf-?8$/.test(this.encoding)) return utf8(bytes);
      if (/^utf-?16/.test(this.encoding)) {
        let text = "";
        const big = this.encoding.endsWith("be");
        for (let i = 0; i + 1 < bytes.length; i += 2) {
          text += String.fromCharCode(big ? (bytes[i] << 8) | bytes[i + 1] : (bytes[i + 1] << 8) | bytes[i]);
        }
        return text;
      }
      return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
    }
  }
  class TextEncoder {
    encode(text = "") {
      const escaped = unescape(encodeURIComponent(String(text)));
      return Uint8Array.from(escaped, (character) => character.charCodeAt(0));
    }
  }
  class Buffer extends Uint8Array {
    static from(source, encoding) {
      if (typeof source !== "string") {
        const bytes = source instanceof ArrayBuffer ? new Uint8Array(source) : source;
        const made = new Buffer(bytes.length);
        made.set(bytes);
        return made;
      }
      const kind = String(encoding || "utf8").toLowerCase();
      if (kind === "hex") return Buffer.from((source.match(/[0-9a-f]{2}/gi) || []).map((pair) => parseInt(pair, 16)));
      if (kind.startsWith("base64")) {
        const standard = source.replace(/-/g, "+").replace(/_/g, "/").replace(/[^A-Za-z0-9+/]/g, "");
        return Buffer.from(Array.from(atob(standard), (character) => character.charCodeAt(0)));
      }
      if (kind === "ascii" || kind === "latin1" || kind === "binary") {
        return Buffer.from(Array.from(source, (character) => character.charCodeAt(0) & 0xff));
      }
      return Buffer.from(new TextEncoder().encode(source));
    }
    static alloc(size, fill = 0) {
      return new Buffer(size).fill(fill);
    }
    static isBuffer(value) {
      return value instanceof Buffer;
    }
    static concat(parts) {
      return Buffer.from(parts.flatMap((part) => Array.from(part)));
    }
    slice(from, to) {
      return this.subarray(from, to);
    }
    toString(encoding, from = 0, to = this.length) {
      const bytes = this.subarray(from, to);
      const kind = String(encoding || "utf8").toLowerCase();
      if (kind === "hex") return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
      if (kind.startsWith("utf")) return utf8(bytes);
      const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
      return kind === "base64" ? btoa(text) : text;
    }
    toJSON() {
      return { type: "Buffer", data: Array.from(this) };
    }
    _check(at, length) {
      if (!(at >= 0 && at + length <= this.length)) throw new RangeError(`offset ${at} is outside the frame`);
    }
    _view(at, length) {
      this._check(at, length);
      return new DataView(this.buffer, this.byteOffset + at, length);
    }
    _number(at, length, little) {
      this._check(at, length);
      let value = 0;
      for (let i = 0; i < length; i++) value = value * 256 + this[little ? at + length - 1 - i : at + i];
      return value;
    }
    _signed(at, length, little) {
      const value = this._number(at, length, little);
      return value >= 2 ** (8 * length - 1) ? value - 2 ** (8 * length) : value;
    }
  }
  const readers = {
    UInt8: (b, at) => b._number(at, 1, false), Int8: (b, at) => b._signed(at, 1, false),
    UInt16LE: (b, at) => b._number(at, 2, true), UInt16BE: (b, at) => b._number(at, 2, false),
    Int16LE: (b, at) => b._signed(at, 2, true), Int16BE: (b, at) => b._signed(at, 2, false),
    UInt32LE: (b, at) => b._number(at, 4, true), UInt32BE: (b, at) => b._number(at, 4, false),
    Int32LE: (b, at) => b._signed(at, 4, true), Int32BE: (b, at) => b._signed(at, 4, false),
    UIntLE: (b, at, n) => b._number(at, n, true), UIntBE: (b, at, n) => b._number(at, n, false),
    IntLE: (b, at, n) => b._signed(at, n, true), IntBE: (b, at, n) => b._signed(at, n, false),
    FloatLE: (b, at) => b._view(at, 4).getFloat32(0, true), FloatBE: (b, at) => b._view(at, 4).getFloat32(0, false),
    DoubleLE: (b, at) => b._view(at, 8).getFloat64(0, true), DoubleBE: (b, at) => b._view(at, 8).getFloat64(0, false),
    BigUInt64LE: (b, at) => b._view(at, 8).getBigUint64(0, true), BigInt64LE: (b, at) => b._view(at, 8).getBigInt64(0, true),
    BigUInt64BE: (b, at) => b._view(at, 8).getBigUint64(0, false), BigInt64BE: (b, at) => b._view(at, 8).getBigInt64(0, false),
  };
  for (const name of ownKeys(readers)) {
    const read = function (at = 0, length = 1) {
      return readers[name](this, at, length);
    };
    for (const spelling of [`read${name}`, `read${name.replace("UInt", "Uint")}`]) {
      defineProperty(Buffer.prototype, spelling, { value: read, writable: true, configurable: true });
    }
  }
  function require(name) {
    if (/^(node:)?buffer$/.test(name)) return { Buffer };
    if (/^(node:)?util$/.test(name)) return { TextDecoder, TextEncoder };
    throw new Error(`require(${JSON.stringify(name)}) is not available: a codec must be one file`);
  }
  for (const [name, value] of [["TextDecoder", TextDecoder], ["TextEncoder", TextEncoder], ["Buffer", Buffer]]) {
    defineProperty(global, name, { value, writable: true, configurable: true });
  }

  return require;
})(globalThis);
