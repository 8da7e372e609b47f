import assert from "node:assert/strict";
import { PromptSession } from "../../emulator/console/prompt_session.ts";
import { MonitorPrompt } from "../../monitor/prompt.ts";
import { FakeBackend } from "../monitor/_fake.ts";

function open() {
  const state = { screen: "", closed: false };
  const session = new PromptSession({
    prompt: new MonitorPrompt(new FakeBackend()),
    write: (text) => state.screen += text,
    onClose: () => state.closed = true,
  });
  const type = async (keys: string) => {
    state.screen = "";
    session.take(new TextEncoder().encode(keys));
    await session.settled();
    return state.screen;
  };
  return { state, type };
}

Deno.test("PromptSession shows its mark and carries lines out one after the other", async () => {
  const { state, type } = open();
  assert.match(state.screen, /Ctrl-A C goes back\r\njanus> $/);
  const screen = await type("query-status\rabsent\r");
  assert.match(screen, /status: running\r\n.*janus> Unknown command/s);
  assert.match(screen, /absent\r\njanus> $/);
});

Deno.test("PromptSession completes names", async () => {
  const { type } = open();
  assert.match(await type("query-st\t\r"), /^query-status \r\n.*running/s);
  assert.match(await type("query-c\t"), /query-clock.*\r\njanus> query-c$/s);
});

Deno.test("PromptSession closes at Ctrl-D", async () => {
  const { state, type } = open();
  await type("\x04");
  assert.equal(state.closed, true);
});
