import assert from "node:assert/strict";
import {
  formatAddress,
  isLoopback,
  parseAddress,
} from "../../monitor/address.ts";

Deno.test("parseAddress() reads every form", () => {
  assert.deepEqual(parseAddress("stdio"), { transport: "stdio" });
  assert.deepEqual(parseAddress("unix:a:b.sock"), {
    transport: "unix",
    path: "a:b.sock",
  });
  assert.deepEqual(parseAddress("tcp:127.0.0.1:5555"), {
    transport: "tcp",
    host: "127.0.0.1",
    port: 5555,
  });
  assert.deepEqual(parseAddress("ws:[::1]:0"), {
    transport: "ws",
    host: "::1",
    port: 0,
  });
});

Deno.test("parseAddress() takes localhost for 127.0.0.1", () => {
  assert.deepEqual(parseAddress("tcp:localhost:1"), {
    transport: "tcp",
    host: "127.0.0.1",
    port: 1,
  });
});

Deno.test("parseAddress() says which forms there are", () => {
  for (
    const text of [
      "",
      "tcp",
      "unix:",
      "tcp:1234",
      "tcp::1234",
      "tcp:a:",
      "tcp:a:x",
      "tcp:::1:5",
      "http://a:1",
      "ws:a/b:1",
      "telnet:127.0.0.1:1",
    ]
  ) {
    assert.throws(() => parseAddress(text), {
      name: "SyntaxError",
      message: /^Cannot parse monitor address, use unix:PATH, tcp:HOST:PORT/,
    }, text);
  }
});

Deno.test("parseAddress() bounds ports and paths", () => {
  assert.throws(() => parseAddress("tcp:a:65536"), RangeError);
  assert.throws(() => parseAddress(`unix:${"ä".repeat(54)}`), RangeError);
  assert.throws(() => parseAddress("unix:a\0b"), SyntaxError);
});

Deno.test("formatAddress() is the inverse of parseAddress()", () => {
  for (const text of ["stdio", "unix:/x/y", "tcp:[::1]:1", "ws:127.0.0.1:2"]) {
    assert.equal(formatAddress(parseAddress(text)), text);
  }
});

Deno.test("isLoopback() trusts literal addresses only", () => {
  for (const host of ["127.0.0.1", "127.9.9.9", "::1"]) {
    assert.ok(isLoopback(host), host);
  }
  for (
    const host of [
      "0.0.0.0",
      "::",
      "127.0.0.1.example.org",
      "localhost.example.org",
      "10.0.0.1",
    ]
  ) {
    assert.ok(!isLoopback(host), host);
  }
});
