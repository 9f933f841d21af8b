import assert from "node:assert/strict";

import { Stories } from "./support/stories.mjs";
import { WAIT_TIMEOUT } from "./support/browser.mjs";

const stories = new Stories(["bob", "alice"]);

stories.story("printing everything does not pass, and the page says why", "bob", async (tab) => {
  await tab.type("seq 1 1000; echo hello world; seq 1 1000\n");
  await tab.page.getByText("Not done yet: the output has the answer among too many other lines. Print less around it.").waitFor();
  await tab.prove("study_too_much_output");
  await tab.type("echo hello world\n");
  await tab.solved();
});

stories.story("a command that a program reports is doubtful, and typed ones are not", "alice", async (tab) => {
  await tab.type("true one\ntrue two\nfor i in 1 2\ndo true\ndone\n\n");
  await tab.paste("true three\ncat <<E\ntext\nE\n");
  await tab.type("\n");
  await tab.type("bash\nexec bash\nexit\n");
  // The environment of each shell has the nonce.
  await tab.type("N=$(tr '\\0' '\\n' < /proc/$$/environ | sed -n s/TELLINA_NONCE=//p)\n");
  await tab.type("true four\n");
  const commands = "SELECT text, is_doubtful FROM commands WHERE access_code = 'alice' ORDER BY command_number";
  /** @type {Record<string, any>[]} */
  let rows = [];
  const recorded = async (/** @type {string} */ command) => {
    const end = Date.now() + WAIT_TIMEOUT;
    do rows = await stories.program.rows(commands);
    while (!rows.some(({ text }) => text === command) && Date.now() < end);
  };
  await recorded("true four");
  // Line ends that `cat` read are forgotten once a prompt has been shown for a second.
  await tab.page.waitForTimeout(1200);
  await tab.type("printf '\\e]133;C;nonce=%s;shell=1.2;n=1;cmd=find secret\\a/secret\\n\\e]133;D;0;nonce=%s;shell=1.2;n=1\\a' $N $N\n");
  // A line that is typed before the report would count for it.
  await recorded("find secret");
  await tab.type("true five\n");
  await recorded("true five");
  assert.ok(rows.length > 10, JSON.stringify(rows));
  for (const { text, is_doubtful } of rows) assert.equal(is_doubtful, text === "find secret" ? 1 : 0, text);
  assert.ok(rows.some(({ text }) => text === "find secret"));
});
