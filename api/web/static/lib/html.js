/** The one place that knows which rendering library draws the pages. */
import {Fragment, createContext, h, render} from "../vendor/preact-11.2.0/preact.mjs";
import {
  useCallback, useContext, useEffect, useLayoutEffect, useMemo, useRef, useState,
} from "../vendor/preact-11.2.0/hooks.mjs";
import htm from "../vendor/htm-3.1.1/htm.mjs";

/** Templates become elements; every `${value}` is text or an attribute, never markup. */
export const html = htm.bind(h);
export {
  Fragment, createContext, render, useCallback, useContext, useEffect, useLayoutEffect, useMemo, useRef, useState,
};
