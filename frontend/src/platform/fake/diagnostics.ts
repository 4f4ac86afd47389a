import { ago, sentence } from "./world";
import type { DiagnosticsView } from "../../api/generated";

export function diagnostics(): DiagnosticsView {
  const until = sentence("{subject}: until {at}", { subject: "CN=kubernetes", at: "2027-05-01T00:00:00Z" });
  const at = (minutes: number) => `${ago(minutes).slice(0, 19)}Z`;
  return {
    version: "0.5.0",
    system: "linux x86_64",
    paths: [
      { of: "journal", path: "~/.local/state/changeover/journal.sqlite", there: true },
      { of: "log", path: "~/.local/state/changeover/log", there: true },
      { of: "crashes", path: "~/.local/state/changeover/crashes", there: false },
      { of: "downloads", path: "~/Downloads", there: true },
    ],
    variables: [
      { name: "KUBECONFIG", value: null },
      { name: "HTTPS_PROXY", value: "‹masked›" },
      { name: "PATH", value: "/usr/local/bin:/usr/bin:/bin" },
    ],
    contexts: [
      {
        context: "prod-kr",
        way: [
          { part: "proxy", text: sentence("straight, without a proxy"), good: true },
          { part: "authority", text: until, good: true },
          {
            part: "signIn",
            text: sentence("with the program {path}", { path: "/usr/local/bin/kubelogin" }),
            good: true,
          },
        ],
        unread: [
          {
            kind: "Secret",
            state: "forbidden",
            note: sentence("{words}", {
              words: 'secrets is forbidden: User "ann" cannot list resource "secrets" in the namespace "shop"',
            }),
          },
        ],
      },
      {
        context: "prod-jp",
        way: [
          { part: "proxy", text: sentence("through {proxy}", { proxy: "http://proxy.example.com:3128" }), good: true },
          { part: "authority", text: until, good: true },
          {
            part: "signIn",
            text: sentence("with the program {command}: not found on the PATH of this window", {
              command: "gke-gcloud-auth-plugin",
            }),
            good: false,
          },
        ],
        unread: [],
      },
    ],
    crashes: [],
    log: [
      `${at(3)}  INFO changeover: changeover 0.5.0 opens its window`,
      `${at(2.5)}  WARN changeover: command=open_context prod-jp: no such program`,
    ],
  };
}
