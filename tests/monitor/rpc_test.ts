import assert from "node:assert/strict";
import { MonitorError } from "../../monitor/errors.ts";
import { DEFAULT_LIMITS, type Limits } from "../../monitor/limits.ts";
import { RpcServer } from "../../monitor/rpc.ts";
import { request } from "./_raw.ts";

const methods: Record<string, (params: unknown) => unknown> = {
  subtract: (params) => {
    const [a, b] = Array.isArray(params) ? params : [
      (params as { minuend: number }).minuend,
      (params as { subtrahend: number }).subtrahend,
    ];
    return a - b;
  },
  sum: (params) => (params as number[]).reduce((a, b) => a + b, 0),
  "get_data": () => ["hello", 5],
  refuse: () => {
    throw new MonitorError(-32002, "No such vCPU", { data: { vcpu: 7 } });
  },
  break: () => {
    throw new Error("secret of the host");
  },
  unserialisable: () => 1n,
  nothing: () => {},
};

function make(limits: Partial<Limits> = {}) {
  const calls: string[] = [];
  const reports: unknown[] = [];
  const server = new RpcServer<string>({
    authorize: () => {},
    invoke: (name, params, client) => {
      calls.push(`${client} ${name}`);
      return Promise.resolve(params).then((params) => methods[name]!(params));
    },
    report: (_message, error) => reports.push(error),
  }, {
    methods: Object.keys(methods),
    limits: { ...DEFAULT_LIMITS, ...limits },
  });
  const answer = async (message: unknown) => {
    const text = typeof message === "string"
      ? message
      : JSON.stringify(message);
    const answered = await server.answer(text, "client");
    return answered === undefined ? undefined : JSON.parse(answered);
  };
  return { answer, calls, reports, server };
}

function failure(id: unknown, code: number, message: string) {
  return { jsonrpc: "2.0", id, error: { code, message } };
}

function withoutData(answer: { error: { data?: unknown } }) {
  const { data: _, ...error } = answer.error;
  return { ...answer, error };
}

Deno.test("RpcServer answers the specification's examples of parameters", async () => {
  const { answer } = make();
  assert.deepEqual(await answer(request(1, "subtract", [42, 23])), {
    jsonrpc: "2.0",
    result: 19,
    id: 1,
  });
  assert.deepEqual(
    await answer(request(3, "subtract", { subtrahend: 23, minuend: 42 })),
    { jsonrpc: "2.0", result: 19, id: 3 },
  );
});

Deno.test("RpcServer answers no notification, whatever becomes of it", async () => {
  const { answer, calls } = make();
  for (const method of ["sum", "refuse", "break", "absent", "nothing"]) {
    const notification = { jsonrpc: "2.0", method, params: [1] };
    assert.equal(await answer(notification), undefined, method);
    assert.equal(await answer([notification, notification]), undefined, method);
  }
  assert.equal(calls.length, 12, "all but the absent one were carried out");
});

Deno.test("RpcServer answers a parse error with id null", async () => {
  const { answer } = make();
  for (
    const text of [
      '{"jsonrpc": "2.0", "method": "foobar, "params": "bar"',
      "[1,",
      "",
      "{x}",
    ]
  ) {
    const answered = await answer(text);
    assert.deepEqual(
      withoutData(answered),
      failure(null, -32700, "Parse error"),
    );
    assert.equal(typeof answered.error.data.reason, "string");
  }
});

Deno.test("RpcServer answers what is no request object with Invalid Request", async () => {
  const { answer } = make();
  const invalid = [
    { jsonrpc: "2.0", method: 1, params: "bar" },
    { jsonrpc: "2.0", method: "sum", params: "bar" },
    { jsonrpc: "2.0", method: "sum", params: null },
    { jsonrpc: "2.0", method: "sum", id: {} },
    { jsonrpc: "2.0", method: "sum", id: [1] },
    { jsonrpc: "2.0", method: "sum", id: true },
    { jsonrpc: "1.0", method: "sum" },
    { method: "sum" },
    { jsonrpc: "2.0", result: 1 },
    "null",
    "1",
    '"sum"',
    "true",
  ];
  for (const message of invalid) {
    const answered = await answer(message);
    assert.deepEqual(
      withoutData(answered),
      failure(null, -32600, "Invalid Request"),
      JSON.stringify(message),
    );
    assert.ok(answered.error.data.issues.length > 0);
  }
});

Deno.test("RpcServer echoes the id of an invalid request that has a valid one", async () => {
  const answered = await make().answer({ jsonrpc: "2.0", id: "x", method: 1 });
  assert.equal(answered.id, "x");
  assert.equal(answered.error.code, -32600);
});

Deno.test("RpcServer answers Method not found", async () => {
  const { answer } = make();
  for (const method of ["foobar", "", "toString", "__proto__", "constructor"]) {
    const expected = failure("1", -32601, "Method not found");
    assert.deepEqual(await answer(request("1", method)), expected);
  }
});

Deno.test("RpcServer passes a MonitorError on with its data", async () => {
  assert.deepEqual(await make().answer(request(1, "refuse")), {
    jsonrpc: "2.0",
    id: 1,
    error: { code: -32002, message: "No such vCPU", data: { vcpu: 7 } },
  });
});

Deno.test("RpcServer hides the text of other errors and reports them", async () => {
  const { answer, reports } = make();
  const expected = failure(1, -32603, "Internal error");
  assert.deepEqual(await answer(request(1, "break")), expected);
  assert.deepEqual(await answer(request(1, "unserialisable")), expected);
  assert.equal((reports[0] as Error).message, "secret of the host");
  assert.equal(reports.length, 2);
});

Deno.test("RpcServer echoes ids of every kind", async () => {
  const { server } = make();
  const ids = ['"a"', '""', "0", "-1", "1.5", "null", "1e3", '"\\u0000"'];
  for (const id of ids) {
    const text = `{"jsonrpc":"2.0","id":${id},"method":"sum","params":[1]}`;
    const answered = JSON.parse((await server.answer(text, ""))!);
    assert.deepEqual(answered, {
      jsonrpc: "2.0",
      id: JSON.parse(id),
      result: 1,
    });
  }
});

Deno.test("RpcServer echoes an id that JavaScript would round as it was written", async () => {
  const { server } = make();
  for (const id of ["18446744073709551615", "-9007199254740993"]) {
    for (const method of ["sum", "absent"]) {
      const text =
        `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":[1]}`;
      const answered = await server.answer(text, "");
      assert.match(answered!, new RegExp(`"id":${id}[,}]`));
    }
  }
});

Deno.test("RpcServer answers a batch by an array, also of one", async () => {
  const { answer } = make();
  assert.deepEqual(await answer([request(1, "sum", [1, 2])]), [
    { jsonrpc: "2.0", result: 3, id: 1 },
  ]);
  assert.deepEqual(
    (await answer([1])).map(withoutData),
    [failure(null, -32600, "Invalid Request")],
  );
});

Deno.test("RpcServer answers the specification's mixed batch", async () => {
  const { answer } = make();
  const answered = await answer([
    request("1", "sum", [1, 2, 4]),
    { jsonrpc: "2.0", method: "notify_hello", params: [7] },
    request("2", "subtract", [42, 23]),
    { foo: "boo" },
    request("5", "foo.get", { name: "myself" }),
    request("9", "get_data"),
  ]);
  assert.equal(answered.length, 5);
  assert.deepEqual(answered[0], { jsonrpc: "2.0", result: 7, id: "1" });
  assert.deepEqual(answered[1], { jsonrpc: "2.0", result: 19, id: "2" });
  assert.deepEqual(
    withoutData(answered[2]),
    failure(null, -32600, "Invalid Request"),
  );
  assert.deepEqual(answered[3], failure("5", -32601, "Method not found"));
  assert.deepEqual(answered[4].result, ["hello", 5]);
});

Deno.test("RpcServer answers an empty and an overlong batch by one error", async () => {
  const { answer, calls } = make({ batch: 3 });
  const empty = await answer([]);
  assert.deepEqual(
    withoutData(empty),
    failure(null, -32600, "Invalid Request"),
  );
  const long = await answer(Array(4).fill(request(1, "sum", [])));
  assert.deepEqual(withoutData(long), failure(null, -32600, "Invalid Request"));
  assert.equal(long.error.data.limit, 3);
  assert.equal(calls.length, 0);
});

Deno.test("RpcServer carries out a batch in its order", async () => {
  const order: string[] = [];
  const server = new RpcServer<null>({
    authorize: () => {},
    invoke: async (name) => {
      order.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, name === "a" ? 5 : 0));
      order.push(`${name} ends`);
    },
    report: () => {},
  }, { methods: ["a", "b"], limits: DEFAULT_LIMITS });
  const batch = [request(1, "a"), request(2, "b")];
  await server.answer(JSON.stringify(batch), null);
  assert.deepEqual(order, ["a begins", "a ends", "b begins", "b ends"]);
});

Deno.test("RpcServer refuses the rest of a batch whose answers grow too large", async () => {
  const { answer, calls } = make({ batchAnswer: 100 });
  const batch = [1, 2, 3, 4, 5].map((id) => request(id, "get_data"));
  const rest = { jsonrpc: "2.0", method: "sum", params: [1] };
  const answered = await answer([...batch, rest]);
  assert.equal(answered.length, 5);
  assert.deepEqual(answered[1].result, ["hello", 5]);
  assert.equal(answered[4].error.code, -32005);
  assert.equal(answered[4].id, 5);
  assert.ok(calls.length < 5);
});

Deno.test("RpcServer asks for permission before it tells whether a method exists", async () => {
  const server = new RpcServer<null>({
    authorize: () => {
      throw MonitorError.of("notAuthenticated");
    },
    invoke: () => Promise.reject(new Error("It was called")),
    report: () => {},
  }, { methods: ["a"], limits: DEFAULT_LIMITS });
  for (const method of ["a", "absent"]) {
    const text = JSON.stringify(request(1, method));
    const answered = JSON.parse((await server.answer(text, null))!);
    assert.equal(answered.error.code, -32001);
  }
});
