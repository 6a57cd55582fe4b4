// What surrounds a maker's codec inside the engine: finds its function, calls it, and hands back plain JSON.
//
// The engine gives a script no files, no sockets and no clock it could wait on; this file takes away what is left to
// block with, adds what other network servers offer (console, module.exports; hosts.js has the rest), and makes every
// call start from the same state: the codec's top level runs anew for each call, while what is shared
// between calls (the built-in objects) is frozen.
(function (global, require) {
  "use strict";
  const { parse, stringify } = JSON;
  const { ownKeys, getOwnPropertyDescriptor: describeProperty, getPrototypeOf } = Reflect;
  const { defineProperty, defineProperties, freeze } = Object;
  const { isArray } = Array;
  const isView = ArrayBuffer.isView;
  const apply = Reflect.apply;
  const sourceOf = Function.prototype.toString;
  const DateOf = Date;
  const FunctionOf = Function;

  const OUTPUT_MAX_CHARACTERS = 65536;
  const DEPTH_MAX = 16;
  const LOG_MAX_LINES = 20;
  const STAINED = " "; // after an answer: something global could not be cleared, and the engine must be made anew

  for (const name of ["SharedArrayBuffer", "Atomics", "WeakRef", "FinalizationRegistry", "queueMicrotask", "performance"]) {
    delete global[name];
  }

  // ---- what other hosts of codecs offer -------------------------------------------------------------------------
  let lines = [];
  function log(...parts) {
    if (lines.length < LOG_MAX_LINES) {
      lines.push(parts.map((part) => (typeof part === "string" ? part : plainText(part))).join(" ").slice(0, 200));
    }
  }
  const quiet = { log, info: log, warn: log, error: log, debug: log, trace: log, dir: log, assert() {}, table: log };
  const asJson = [[Map, (map) => Object.fromEntries(map)], [Set, (set) => [...set]], [BigInt, (value) => Number(value)]];
  for (const [kind, convert] of asJson) {
    const toJSON = function () {
      return convert(this);
    };
    defineProperty(kind.prototype, "toJSON", { value: toJSON, writable: true, configurable: true });
  }
  defineProperty(global, "console", { value: quiet, writable: true, configurable: true });

  // ---- plain JSON out of whatever a codec returns -----------------------------------------------------------------
  function plain(value, depth, above) {
    switch (typeof value) {
      case "string": case "boolean": case "number": return value;
      case "bigint": return Number(value);
      case "object": break;
      default: return undefined;
    }
    if (value === null) return null;
    if (value instanceof DateOf) return isNaN(value) ? null : value.toISOString();
    if (depth >= DEPTH_MAX || above.includes(value)) return null;
    const within = [...above, value];
    if (isArray(value) || isView(value)) return Array.from(value, (each) => plain(each, depth + 1, within) ?? null);
    if (value instanceof Map) return plain(Object.fromEntries(value), depth + 1, within);
    if (value instanceof Set) return plain([...value], depth + 1, within);
    const copy = {};
    for (const key of Object.keys(value)) {
      defineProperty(copy, key, { value: plain(value[key], depth + 1, within), enumerable: true });
    }
    return copy;
  }
  function plainText(value) {
    try {
      return stringify(value) ?? String(value);
    } catch {
      return stringify(plain(value, 0, [])) ?? "undefined";
    }
  }
  function told(fault) {
    if (fault !== null && typeof fault === "object") {
      const name = typeof fault.name === "string" ? fault.name : "";
      const message = typeof fault.message === "string" ? fault.message : plainText(fault);
      return (name ? `${name}: ${message}` : message).slice(0, 300);
    }
    return typeof fault === "symbol" ? "a symbol was thrown" : String(fault).slice(0, 300);
  }

  // ---- finding the codec's function ---------------------------------------------------------------------------------
  const KNOWN = ["decodeUplink", "Decode", "Decoder", "rxDecode", "RxDecode", "decode", "decoder", "easy_decode",
    "easyDecode", "milesightDeviceDecode", "milesight", "uplinkDecode", "decodePayload", "payloadDecoder",
    "decodeUp", "decodeFrame", "parseUplink", "parsePayload"];
  const BYTES = /^_?(bytes?|buf(fer)?|payload|data|raw|frame|hex|array|arr|msg)/i;
  const PORT = /port/i;
  const WHOLE = /^_?(input|params?|event|uplink|req(uest)?|obj(ect)?|options?|args?)$/i;
  const WRAPPED = ["exports", "module", "require"];

  function namesIn(source) {
    const found = new Set(KNOWN);
    const pattern = /\bfunction\s+([A-Za-z_$][\w$]*)\s*\(|\b(?:const|let|var)\s+([A-Za-z_$][\w$]*)\s*=\s*(?:function\b|\(|[A-Za-z_$][\w$]*\s*=>)/g;
    for (const match of source.matchAll(pattern)) {
      const name = match[1] ?? match[2];
      if (/decod/i.test(name)) found.add(name);
    }
    return [...found].filter((name) => source.includes(name));
  }
  function withoutExports(source) {
    return source
      .replace(/^([ \t]*)export\s+default\s+(?=(async\s+)?function\s*\*?\s+[\w$]|class\s+[\w$])/gm, "$1")
      .replace(/^([ \t]*)export\s+default\s+/gm, "$1module.exports.default = ")
      .replace(/^([ \t]*)export\s*\{[^}]*\}\s*(from\s*['"][^'"]*['"])?\s*;?/gm, "$1")
      .replace(/^([ \t]*)export\s+(?=(async\s+)?function|const|let|var|class)/gm, "$1");
  }
  function compile(text) {
    const source = text.replace(/^#!.*/, "");
    const names = [...namesIn(source), "normalizeUplink"];
    const parts = names.map((name) => `${name}: typeof ${name} === "function" ? ${name} : undefined`);
    const holders = [...source.matchAll(/^(?:var|let|const)\s+([A-Za-z_$][\w$]*)/gm)].map((match) => match[1]).slice(0, 50);
    const held = [...new Set(holders)].map((name) => `typeof ${name} === "object" ? ${name} : undefined`);
    const scope = [...parts, `holders: [${held.join(", ")}]`].join(", ");
    const whole = (body) => new FunctionOf(...WRAPPED, `${body}\n;return { ours: true, ${scope} };`);
    try {
      return { names, run: whole(source) };
    } catch (fault) {
      if (!/^\s*export\b/m.test(source)) throw fault;
      return { names, run: whole(withoutExports(source)) };
    }
  }
  function instantiate(program) {
    const module = { exports: {} };
    const scope = apply(program.run, global, [module.exports, module, require]);
    return { scope: scope && scope.ours === true ? scope : {}, exported: module.exports };
  }
  function lookUp(made, name) {
    const { scope, exported } = made;
    if (scope[name]) return scope[name];
    for (const holder of [exported, exported && exported.default, ...(scope.holders ?? []), global]) {
      if (holder && typeof holder[name] === "function") return holder[name];
    }
    return undefined;
  }
  function parameters(called) {
    const text = apply(sourceOf, called, []).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
    const list = /^[^(]*\(([^)]*)\)/.exec(text) ?? /^(?:async\s+)?([\w$]+)\s*=>/.exec(text);
    return list ? list[1].split(",").map((each) => each.trim().split(/[\s=]/)[0]).filter(Boolean) : [];
  }
  function orderOf(name, called) {
    const names = parameters(called);
    if (name === "decodeUplink" && names.length < 2) return ["input"];
    const usual = { Decode: ["port", "bytes", "variables"], parseUplink: ["input", "bytes"] }[name] ?? ["bytes", "port"];
    return names.slice(0, 4).map((each, at) => {
      if (PORT.test(each)) return "port";
      if (/^variables?$/i.test(each)) return "variables";
      if (WHOLE.test(each) || /^\{/.test(each)) return "input";
      return BYTES.test(each) ? "bytes" : usual[at] ?? "variables";
    });
  }
  function find(program, source) {
    const made = instantiate(program);
    for (const name of program.names) {
      if (name === "normalizeUplink") continue;
      const called = lookUp(made, name);
      if (!called) continue;
      if (!KNOWN.includes(name) && source.split(new RegExp(`\\b${name.replace(/\$/g, "\\$")}\\b`)).length > 2) continue;
      return { name, order: orderOf(name, called), normalizes: Boolean(lookUp(made, "normalizeUplink")) };
    }
    for (const holder of [made.exported, made.exported && made.exported.default]) {
      if (typeof holder === "function") return { name: "", order: orderOf("decodeUplink", holder), normalizes: false };
    }
    return null;
  }

  // ---- freezing what calls share --------------------------------------------------------------------------------------
  function overridable(holder, names) {
    for (const name of names) {
      const property = describeProperty(holder, name);
      if (!property || !("value" in property) || !property.configurable) continue;
      const { value } = property;
      defineProperty(holder, name, {
        get() {
          return value;
        },
        set(replacement) {
          if (this === holder) throw new TypeError(`${String(name)} of a built-in object is read-only`);
          defineProperty(this, name, { value: replacement, writable: true, enumerable: true, configurable: true });
        },
        enumerable: false,
        configurable: false,
      });
    }
  }
  function freezeAll() {
    const inherited = ["constructor", "toString", "toLocaleString", "valueOf", "hasOwnProperty", "isPrototypeOf",
      "propertyIsEnumerable"];
    overridable(Object.prototype, inherited);
    for (const kind of [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]) {
      overridable(kind.prototype, ["name", "message", "toString", "constructor"]);
    }
    const seen = new Set([global]);
    const waiting = [];
    const shared = (target) => target !== global && seen.has(target);
    // Many codecs bring their own Object.assign and define it at the top of every run: the first run has done it.
    const defining = {
      defineProperty: (target, ...rest) => (shared(target) ? target : defineProperty(target, ...rest)),
      defineProperties: (target, all) => (shared(target) ? target : defineProperties(target, all)),
    };
    for (const name of ownKeys(defining)) defineProperty(Object, name, { value: defining[name] });
    const visit = (value) => {
      if (((typeof value === "object" && value !== null) || typeof value === "function") && !seen.has(value)) {
        seen.add(value);
        waiting.push(value);
      }
    };
    const open = (holder) => {
      for (const key of ownKeys(holder)) {
        const property = describeProperty(holder, key);
        visit(property.value);
        visit(property.get);
        visit(property.set);
      }
      visit(getPrototypeOf(holder));
    };
    open(global);
    for (const odd of [function* () {}, async function () {}, async function* () {}, [][Symbol.iterator](),
      new Map()[Symbol.iterator](), new Set()[Symbol.iterator](), ""[Symbol.iterator](), "".matchAll(/a/g)]) {
      visit(getPrototypeOf(odd));
      visit(odd.prototype);
    }
    while (waiting.length) {
      const holder = waiting.pop();
      open(holder);
      if (!isView(holder)) freeze(holder);
    }
    for (const key of ownKeys(global)) {
      const property = describeProperty(global, key);
      if (property.configurable) {
        defineProperty(global, key, "value" in property ? { writable: false, configurable: false } : { configurable: false });
      }
    }
  }

  // ---- one call ------------------------------------------------------------------------------------------------------
  let program, entry, globals;
  function forget() {
    if (ownKeys(global).length === globals) return true;
    for (const key of ownKeys(global)) if (describeProperty(global, key).configurable) delete global[key];
    return ownKeys(global).length === globals;
  }
  function call(request) {
    const [bytes, port, received_ms] = request;
    const made = instantiate(program);
    const called = entry.name ? lookUp(made, entry.name) : typeof made.exported === "function" ? made.exported : made.exported.default;
    const time = new DateOf(received_ms);
    const input = { bytes, fPort: port, port, recvTime: time, variables: {} };
    const given = { input, bytes, port, variables: input.variables };
    const output = apply(called, undefined, entry.order.map((each) => given[each]));
    if (output !== null && typeof output === "object" && typeof output.then === "function") {
      throw new TypeError(`${entry.name} must answer at once, got a promise`);
    }
    return packed(output, entry.normalizes ? lookUp(made, "normalizeUplink") : undefined);
  }
  function list(value) {
    return value === undefined || value === null ? [] : isArray(value) ? value : [value];
  }
  function packed(output, normalize) {
    if (output === undefined || output === null) return { data: null, errors: [], warnings: [] };
    if (typeof output !== "object") throw new TypeError(`an object must be returned, got ${plainText(output).slice(0, 60)}`);
    const wrapped = !isArray(output) && ("data" in output || isArray(output.errors));
    const result = {
      data: (wrapped ? output.data : output) ?? null,
      errors: wrapped ? list(output.errors) : [],
      warnings: wrapped ? list(output.warnings) : [],
    };
    if (normalize && result.data !== null && !result.errors.length) {
      try {
        result.normalized = apply(normalize, undefined, [{ data: result.data }])?.data;
      } catch (fault) {
        result.warnings = [...result.warnings, `normalizeUplink: ${told(fault)}`];
      }
    }
    return result;
  }
  function textOf(result) {
    let text;
    try {
      text = stringify(result);
    } catch (fault) {
      if (!(fault instanceof TypeError)) throw fault;
      text = stringify(plain(result, 0, []));
    }
    if (text.length > OUTPUT_MAX_CHARACTERS) {
      throw new RangeError(`the output must have at most ${OUTPUT_MAX_CHARACTERS} characters, got ${text.length}`);
    }
    return text;
  }

  return {
    load(source, frozen) {
      try {
        program = compile(source);
        entry = find(program, source);
        if (entry === null) return stringify({ fault: "no decodeUplink(input), Decode(fPort, bytes) or Decoder(bytes, port) is defined" });
        if (frozen) {
          for (const key of ownKeys(global)) {
            const property = describeProperty(global, key);
            if (property.enumerable && property.configurable) delete global[key];
          }
          freezeAll();
          globals = ownKeys(global).length;
          instantiate(program);
          forget();
        } else {
          globals = ownKeys(global).length;
        }
        return stringify({ entry: entry.name || "module.exports", order: entry.order, normalizes: entry.normalizes });
      } catch (fault) {
        return stringify({ fault: told(fault) });
      }
    },
    run(request, with_log) {
      lines = [];
      let text;
      try {
        const result = call(parse(request));
        if (with_log) result.log = lines;
        text = textOf(result);
      } catch (fault) {
        const kind = fault instanceof TypeError ? "type" : "other";
        text = stringify({ fault: told(fault), kind, log: with_log ? lines : undefined });
      }
      return forget() ? text : text + STAINED;
    },
  };
});
