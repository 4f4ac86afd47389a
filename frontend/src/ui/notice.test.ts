import { cleanup, render, screen } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { asUiError, type UiError } from "../api";
import { speak } from "../i18n/index.svelte";
import { Fake } from "../platform/fake";
import { contexts } from "../platform/fake/contexts";
import { sentence } from "../platform/fake/world";
import Notice from "./Notice.svelte";

beforeEach(() => speak("ko"));
afterEach(() => {
  cleanup();
  return speak("en");
});

/** What a pane says of an error. */
function shown(error: UiError): HTMLElement {
  cleanup();
  render(Notice, { kind: "failed", error });
  return screen.getByTestId(/^notice-/);
}

describe("a notice in Korean", () => {
  it("says what is wrong and what to do, and leaves the server its own words", () => {
    const notice = shown({
      code: "untrusted",
      message: sentence("{what}: its certificate is not trusted", { what: "https://shop:6443" }),
      detail: sentence("{words}", { words: "invalid peer certificate: UnknownIssuer" }),
      hint: sentence("check network, VPN and proxy; open it to try again"),
    });
    expect(notice).toHaveTextContent("https://shop:6443: 인증서를 신뢰할 수 없습니다");
    expect(notice).toHaveTextContent("네트워크, VPN, 프록시를 확인하고 다시 여세요");
    expect(notice).toHaveTextContent("invalid peer certificate: UnknownIssuer");
  });

  it("says in Korean also what stands in brackets", () => {
    const notice = shown({
      code: "kubeconfig",
      message: sentence(
        "{file}: {at}: not a kubeconfig ({why})",
        { file: "~/.kube/config" },
        { at: sentence("line {line}", { line: "3" }), why: sentence("a tab in the indentation; use spaces") },
      ),
      detail: null,
      hint: null,
    });
    expect(notice.textContent.trim()).toBe(
      "~/.kube/config: 3행: kubeconfig가 아닙니다(들여쓰기에 탭이 있습니다. 공백을 쓰세요)",
    );
  });

  it("says that something failed where whatever was thrown has no words", () => {
    const notice = shown(asUiError(new Error("window is gone")));
    expect(notice).toHaveTextContent("실패했습니다");
    expect(notice).toHaveTextContent("window is gone");
  });

  it("has a translation for every error that the stand-in gives", async () => {
    const fake = new Fake();
    const nobody = { context: "nobody", plan: "nothing", fingerprint: "", typed: "", namespaces: [] };
    const refused = ["no_such_command", "open_context", "unlock", "check_plan", "start_run", "run", "approve_program"];
    const errors = await Promise.all(
      refused.map(async (name) => {
        try {
          await fake.call(name, nobody);
        } catch (cause) {
          return asUiError(cause);
        }
        throw new Error(`${name}: was not refused`);
      }),
    );
    const known = contexts().contexts.flatMap((c) => (c.problem ? [c.problem] : []));
    expect(known.length).toBeGreaterThan(3);
    for (const error of [...errors, ...known]) {
      expect(error.message.form, error.message.text).not.toBe("");
      expect(shown(error).querySelector("b")?.textContent).toMatch(/[가-힣]/);
      expect(shown(error).textContent).not.toContain(error.message.text);
    }
  });
});
