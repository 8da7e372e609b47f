import assert from "node:assert/strict";
import {
  runTool,
  ToolFailedError,
  ToolMissingError,
} from "../../guests/command.ts";

const OPTIONS = { purpose: "test a tool", debianPackage: "tools" };

Deno.test("runTool() says which package to install when a tool is missing", async () => {
  await assert.rejects(
    runTool(["/nonexistent/tool", "--version"], OPTIONS),
    (error) => {
      assert(error instanceof ToolMissingError);
      assert.equal(
        error.message,
        "Cannot test a tool: /nonexistent/tool is not installed (Debian package tools)",
      );
      assert.equal(error.program, "/nonexistent/tool");
      return true;
    },
  );
});

Deno.test("runTool() gives the status and the reason of a tool that failed", async () => {
  await assert.rejects(
    runTool(
      ["sh", "-c", "echo working >&2; echo 'E: No such thing' >&2; exit 7"],
      OPTIONS,
    ),
    (error) => {
      assert(error instanceof ToolFailedError);
      assert.equal(error.status, 7);
      assert.equal(
        error.message,
        "Cannot test a tool: sh ended with status 7: E: No such thing",
      );
      return true;
    },
  );
});

Deno.test("runTool() returns both outputs and sets the language", async () => {
  const { stdout, stderr } = await runTool(
    ["sh", "-c", 'printf "$LC_ALL $EXTRA"; printf error >&2'],
    { ...OPTIONS, env: { EXTRA: "more" } },
  );
  assert.equal(new TextDecoder().decode(stdout), "C more");
  assert.equal(stderr, "error");
});

Deno.test("runTool() hands over lines as they come", async () => {
  const lines: string[] = [];
  await runTool(["sh", "-c", "printf 'one\\ntwo\\nrest'"], {
    ...OPTIONS,
    onLine: (line) => lines.push(line),
  });
  assert.deepEqual(lines, ["one", "two", "rest"]);
});

Deno.test("runTool() ends a tool when it is told to", async () => {
  const reason = new Error("enough");
  const controller = new AbortController();
  const run = runTool(["sleep", "60"], {
    ...OPTIONS,
    signal: controller.signal,
  });
  setTimeout(() => controller.abort(reason), 50);
  await assert.rejects(run, reason);
});
