/** What of an OpenAPI document the app is checked against. */
import { expect, it } from "vitest";
import { callLines, callsOf } from "./openapi-calls.mjs";

const json = (schema) => ({ content: { "application/json": { schema } } });
const ref = (name) => ({ $ref: `#/components/schemas/${name}` });

const PATHS = {
  "/api/streams/{username}": {
    get: {
      operationId: "one",
      tags: ["streams"],
      security: [{ bearer: [] }],
      parameters: [{ name: "username", in: "path", required: true, schema: { type: "string" } }],
      responses: { 200: { description: "It.", ...json(ref("Stream")) }, 404: json(ref("ProblemBody")) },
    },
  },
  "/api/auth/login": {
    post: {
      operationId: "one",
      requestBody: { required: true, ...json(ref("Login")) },
      responses: { 204: { description: "" } },
    },
  },
  "/api/streams": {
    parameters: [],
    get: {
      parameters: [
        { name: "q", in: "query", schema: { type: "string" } },
        { name: "live", in: "query", required: true, schema: { type: "boolean" } },
        { name: "x-trace", in: "header", schema: { type: "string" } },
      ],
      responses: { 200: { description: "", ...json(ref("Stream")) } },
    },
    put: {
      requestBody: { content: { "image/*": { schema: { type: "string" } } } },
      responses: { 200: { description: "" } },
    },
    patch: { requestBody: json({ type: "object" }), responses: {} },
    delete: { requestBody: json({ oneOf: [{ type: "null" }, ref("Lift")] }), responses: {} },
    post: { requestBody: json({ allOf: [ref("Login"), ref("Lift")] }), responses: {} },
  },
};
const SCHEMAS = {
  Login: {
    type: "object",
    required: ["password", "login"],
    properties: { login: {}, password: {}, remember: {} },
  },
  Lift: { type: "object", properties: { reason: {} } },
};

it("each call is a line, with what it asks for and takes", () => {
  const lines = callLines(PATHS, SCHEMAS)
    .split("\n")
    .filter((line) => line && !line.startsWith("#"));
  expect(lines).toEqual([
    "POST /api/auth/login {login!,password!,remember}",
    "GET /api/streams ?live!,q",
    "PUT /api/streams file",
    "POST /api/streams {login!,password!,reason,remember}",
    "DELETE /api/streams {reason}",
    "PATCH /api/streams {*}",
    "GET /api/streams/{username}",
  ]);
});

it("types are made of what is asked for, sent, and answered when all is well", () => {
  const calls = callsOf(PATHS);
  expect(Object.keys(calls)).toEqual(["/api/auth/login", "/api/streams", "/api/streams/{username}"]);
  expect(calls["/api/streams/{username}"]).toEqual({
    get: {
      parameters: [{ name: "username", in: "path", required: true, schema: { type: "string" } }],
      responses: { 200: { description: "", ...json(ref("Stream")) } },
    },
  });
  expect(JSON.stringify(calls)).not.toMatch(/operationId|security|ProblemBody/);
  expect(calls["/api/auth/login"].post.requestBody.required).toBe(true);
});
