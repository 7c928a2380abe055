/** Vitest's set-up: unit tests speak English. */
import "./language";
