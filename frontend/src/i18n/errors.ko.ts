// Why something could not be done, what to do then, and what is to be said of a context or a file, in Korean. Part of sentences.ko.ts.
import type { Form } from "./sentences";

export const errors = {
  // commands
  "command {name}: arguments not understood": "명령 {name}: 인수를 이해할 수 없습니다",
  "command {name}: not known": "명령 {name}: 알 수 없는 명령입니다",
  // certificates
  "client certificate: no certificate in it": "클라이언트 인증서: 안에 인증서가 없습니다",
  "client certificate: {error}": "클라이언트 인증서: {error}",
  "client key: no private key in it": "클라이언트 키: 안에 개인 키가 없습니다",
  "client key: not the key of the client certificate": "클라이언트 키: 클라이언트 인증서와 짝이 맞지 않습니다",
  "certificate authority": "인증 기관(CA)",
  "certificate authority: no certificate in it": "인증 기관(CA): 안에 인증서가 없습니다",
  "certificate authority: {error}": "인증 기관(CA): {error}",
  "context {context}: certificates cannot be used ({why})": "컨텍스트 {context}: 인증서를 사용할 수 없습니다({why})",
  "context {context}: the kubeconfig now names another {what} for it; close it and open it again to go there":
    "컨텍스트 {context}: kubeconfig에 지정된 대상이 바뀌었습니다({what}). 그쪽으로 연결하려면 닫고 다시 여세요",
  "no provider of TLS": "TLS를 쓸 수 없습니다(제공자 없음)",
  server: "서버",
  "the URL of the server cannot be read": "서버 URL을 읽을 수 없습니다",
  "tls-server-name is no name that a certificate can have": "tls-server-name 값이 인증서에 쓸 수 있는 이름이 아닙니다",
  // credentials
  "the file is empty": "파일이 비어 있습니다",
  "the kubeconfig": "kubeconfig 파일",
  "the kubeconfig ({key})": "kubeconfig 파일({key})",
  "the plugin": "플러그인",
  "token from {from}: holds characters that no token has": "토큰에 쓸 수 없는 문자가 있습니다(출처: {from})",
  "{key}: plugin {command} gave no credentials ({why})":
    "{key}: 플러그인 {command}에서 자격 증명을 받지 못했습니다({why})",
  "{key}: plugin {command} signs in; it may wait for you in a browser":
    "{key}: 플러그인 {command}에서 로그인하는 중입니다. 브라우저에서 입력을 기다리고 있을 수 있습니다",
  "{key}: plugin {command} wants a terminal; log in with kubectl first, or set interactiveMode to IfAvailable":
    "{key}: 플러그인 {command}에 터미널이 필요합니다. kubectl로 먼저 로그인하거나 interactiveMode를 IfAvailable로 바꾸세요",
  "{key}: program {path} is not run before it is approved": "{key}: 프로그램 {path}: 승인하기 전에는 실행하지 않습니다",
  "{key}: program {path} is not run, by kubectl's preferences: {why}":
    "{key}: 프로그램 {path}: kubectl 환경 설정(kuberc)에 따라 실행하지 않습니다: {why}",
  "{path}: token cannot be read ({why})": "{path}: 토큰을 읽을 수 없습니다({why})",
  // freshness of what is shown
  connecting: "연결하는 중입니다",
  "connection lost (no heartbeat)": "연결이 끊겼습니다(heartbeat 없음)",
  "connection lost ({why})": "연결이 끊겼습니다({why})",
  "no connection ({why})": "연결되지 않았습니다({why})",
  "the machine slept": "컴퓨터가 절전 상태였습니다",
  "{kind} broke off ({why})": "{kind}: watch가 끊겼습니다({why})",
  "{kind} gives no sign of life": "{kind}: watch에서 신호가 없습니다",
  "{kind} is being listed": "{kind}: 목록을 조회하는 중입니다",
  "{kind} is being opened again": "{kind}: watch를 다시 여는 중입니다",
  "another cluster answers: uid {uid} in place of {first}":
    "다른 클러스터가 응답합니다: uid가 바뀌었습니다({first} → {uid})",
  "not signed in ({why})": "로그인되어 있지 않습니다({why})",
  // what a server, or something in between, answered
  "{words}": "{words}",
  "HTTP {status}": "HTTP 응답 {status}",
  "HTTP {status}, {what}": "HTTP 응답 {status}: {what}",
  "HTTP {status} to {to}: redirects are not followed": "HTTP {status}: 리디렉션은 따라가지 않습니다(주소: {to})",
  "HTTP {status}: redirects are not followed": "HTTP {status}: 리디렉션은 따라가지 않습니다",
  "HTTP {status}, and the answer did not end in time": "HTTP {status}, 응답이 제시간에 끝나지 않았습니다",
  "JSON that cannot be read ({e})": "읽을 수 없는 JSON({e})",
  "an HTML page: a login page or a proxy answers in place of the API server":
    "HTML 페이지입니다. API 서버가 아니라 로그인 페이지나 프록시가 응답합니다",
  "an empty answer": "빈 응답",
  "an object that is not JSON ({why})": "JSON이 아닌 오브젝트({why})",
  "another object than the one asked for": "요청한 것과 다른 오브젝트",
  "byte {at}: {why}": "{at}번째 바이트: {why}",
  "bytes that are not text": "텍스트가 아닌 바이트",
  "compressed bytes, which were not asked for": "요청하지 않은 압축 데이터",
  "protobuf, which was not asked for": "요청하지 않은 protobuf",
  "text that is not JSON": "JSON이 아닌 텍스트",
  "namespace kube-system has no uid": "네임스페이스 kube-system에 uid가 없습니다",
  "nested deeper than {n} levels": "중첩이 {n}단계보다 깊습니다",
  "no Kubernetes API server answers here": "여기에서 응답하는 것은 Kubernetes API 서버가 아닙니다",
  "no answer": "응답이 없습니다",
  "no answer in time": "제시간에 응답이 없습니다",
  "no answer within {n} s": "{n}초 안에 응답이 없습니다",
  "no whole answer within {n} s": "{n}초 안에 응답이 끝나지 않았습니다",
  "silent for {n} s": "{n}초 동안 아무 응답이 없습니다",
  "not open within {n} s": "{n}초 안에 열리지 않았습니다",
  "no stream for the port": "이 포트로 열린 스트림이 없습니다",
  "not tried": "시도하지 않았습니다",
  "the answer broke off: {e}": "응답이 중간에 끊겼습니다: {e}",
  "the answer did not end in time": "응답이 제시간에 끝나지 않았습니다",
  "the answer stalled for {n} s": "응답이 {n}초 동안 멈췄습니다",
  "the answer is larger than {n} MiB": "응답이 {n} MiB보다 큽니다",
  "the answer ends in the middle of {what}": "응답이 중간에 끝났습니다({what})",
  "{what} is larger than {cap} bytes": "{what}: {cap}바이트보다 큽니다",
  "an object": "오브젝트",
  "the collection": "목록 전체",
  "its items": "목록의 항목",
  "the part around the items": "목록의 머리 부분",
  "a watch frame": "watch 프레임",
  "the collection has no resourceVersion": "목록에 resourceVersion이 없습니다",
  "the review has no answer": "권한 검토(SelfSubjectAccessReview)에 답이 없습니다",
  "it was just there and is gone; try again": "방금까지 있었으나 사라졌습니다. 다시 시도하세요",
  "url cannot be made: {e}": "URL을 만들 수 없습니다: {e}",
  // why a write did not leave, or was not carried out
  "it could not be recorded": "기록할 수 없었습니다",
  "the context is read-only; unlock it first": "컨텍스트가 읽기 전용입니다. 먼저 잠금을 해제하세요",
  "the view is stale; nothing is written until it is live again":
    "화면이 최신이 아닙니다. 다시 실시간으로 연결될 때까지 클러스터를 변경하지 않습니다",
  "another cluster answers: uid {now} in place of {expected}":
    "다른 클러스터가 응답합니다(uid {now}, 예상한 uid {expected})",
  "another server: {now} in place of {expected}": "다른 서버입니다: {now} (예상한 서버: {expected})",
  "the context trusts another certificate authority than before": "컨텍스트가 신뢰하는 인증 기관(CA)이 바뀌었습니다",
  "the name is taken: {message}": "이미 쓰고 있는 이름입니다: {message}",
  "not signed in, not applied: {message}": "로그인되어 있지 않아 적용되지 않았습니다: {message}",
  "the server is busy, not applied, retry after {after} s":
    "서버가 바빠서 적용되지 않았습니다. {after}초 뒤에 다시 시도하세요",
  // proxies
  "the proxy {proxy} cannot be reached: {why}": "프록시 {proxy}에 연결할 수 없습니다: {why}",
  "the proxy {proxy} wants a login (HTTP 407): put user and password into its URL":
    "프록시 {proxy}에 로그인이 필요합니다(HTTP 407). URL에 사용자와 비밀번호를 넣으세요",
  "the proxy {proxy} refuses the user and password of its URL (HTTP 407)":
    "프록시 {proxy}에서 URL의 사용자와 비밀번호를 거부합니다(HTTP 407)",
  "the proxy {proxy} does not connect to {to} (HTTP {status})":
    "프록시 {proxy}: 다음 주소로 연결해 주지 않습니다: {to} (HTTP {status})",
  "the proxy {proxy} does not connect to {to} ({why})":
    "프록시 {proxy}: 다음 주소로 연결해 주지 않습니다: {to} ({why})",
  "the proxy {proxy} made no connection to {to} within {n} s":
    "프록시 {proxy}: {n}초 안에 다음 주소로 연결되지 않았습니다: {to}",
  "its stream is lost": "스트림을 잃었습니다",
  "it sent more than its answer": "응답보다 많은 데이터를 보냈습니다",
  // kubeconfig
  "a key stands twice in one mapping; remove one": "한 매핑에 같은 키가 두 번 있습니다. 하나를 지우세요",
  "a tab in the indentation; use spaces": "들여쓰기에 탭이 있습니다. 공백을 쓰세요",
  "a value of the wrong type": "값의 형식이 맞지 않습니다",
  "an alias without its anchor": "앵커가 없는 별칭입니다",
  "byte {n}": "{n}번째 바이트",
  "create it, name another with --kubeconfig, or start the practice lab":
    "파일을 만들거나, --kubeconfig로 다른 파일을 지정하거나, 연습 환경을 시작하세요",
  "expected a mapping with clusters, users and contexts": "clusters, users, contexts가 있는 매핑이어야 합니다",
  "expected {expect}": "올바른 값: {expect}",
  "line {line}": "{line}행",
  "line {line}, column {column}": "{line}행 {column}열",
  "more than one document; keep one file for each": "문서가 둘 이상입니다. 파일 하나에 하나씩 두세요",
  "nested too deep, or blown up by aliases": "중첩이 너무 깊거나 별칭으로 지나치게 커집니다",
  "not UTF-8": "UTF-8이 아닙니다",
  "not valid YAML": "올바른 YAML이 아닙니다",
  "put texts in quotes, and compare it with the output of kubectl config view":
    "문자열을 따옴표로 감싸고 다음 출력과 비교하세요: kubectl config view",
  "whole file": "파일 전체",
  "{file}: no clusters, users or contexts in it; name another file, or add them":
    "{file}: clusters, users, contexts가 모두 없습니다. 다른 파일을 지정하거나 추가하세요",
  "{file}: {key}: missing or not a text; add one, in quotes":
    "{file}: {key}: 없거나 문자열이 아닙니다. 따옴표로 감싼 값을 추가하세요",
  "{file}: {key}: named twice; the first one counts; rename or remove the other":
    "{file}: {key}: 같은 이름이 두 번 있어 앞의 것이 쓰입니다. 다른 하나는 이름을 바꾸거나 지우세요",
  "{file}: {list}: expected a list": "{file}: {list}: 목록이어야 합니다",
  "{key}": "{key}",
  "add one": "추가하세요",
  "has no cluster": "클러스터가 없습니다",
  "missing: skipped": "파일이 없어 건너뛰었습니다",
  "the same file as {first}: read once": "같은 파일이라 한 번만 읽었습니다: {first}",
  "{file}: cannot be read ({why})": "{file}: 읽을 수 없습니다({why})",
  "{file}: no such file": "{file}: 파일이 없습니다",
  "{file}: {at}: not a kubeconfig ({why})": "{file}: {at}: kubeconfig가 아닙니다({why})",
  "{file}: {key}: {what}": "{file}: {key}: {what}",
  "http would show the credentials of its user to the network":
    "http로는 사용자의 자격 증명이 네트워크에 그대로 드러납니다",
  "remove it, then the certificate is verified": "이 항목을 지우면 인증서를 검증합니다",
  "true, and a certificate authority is named: only one of them can be meant":
    "값이 true인데 CA도 지정돼 있습니다. 둘 중 하나만 쓸 수 있습니다",
  "Kubernetes has had no login by name and password since 1.19":
    "이름과 비밀번호 로그인은 Kubernetes 1.19에서 없어졌습니다",
  "a URL with a query or fragment": "URL에 쿼리나 프래그먼트가 있습니다",
  "a URL with credentials in it": "URL에 자격 증명이 들어 있습니다",
  "a URL without its scheme": "URL에 스킴이 없습니다",
  "a variable that no environment can hold": "환경 변수로 쓸 수 없는 항목이 있습니다",
  "add it or correct the name": "추가하거나 이름을 고치세요",
  "add the URL of the API server": "API 서버의 URL을 추가하세요",
  "add the certificate of the client key": "클라이언트 키의 인증서를 추가하세요",
  "add the key of the client certificate": "클라이언트 인증서의 키를 추가하세요",
  "add the name of a cluster": "클러스터 이름을 추가하세요",
  'auth provider "{name}" was removed from Kubernetes in 1.26':
    "인증 제공자 “{name}”: Kubernetes 1.26에서 제거되었습니다",
  "copy it again, on one line": "한 줄로 다시 복사하세요",
  "copy it again, or name a file in its place": "다시 복사하거나, 대신 파일을 지정하세요",
  "correct it": "값을 고치세요",
  "correct it, or remove it": "값을 고치거나 지우세요",
  "correct it, or unset it": "값을 고치거나 변수를 해제하세요",
  "correct the path or restore the file": "경로를 고치거나 파일을 복원하세요",
  "extra fields of impersonation are not supported": "가장(impersonation)의 추가 필드는 지원하지 않습니다",
  "give each a name, without =": "변수마다 이름을 지정하고 이름에 =를 쓰지 마세요",
  "holds characters that no token has": "토큰에 쓸 수 없는 문자가 있습니다",
  "leave that out": "그 부분을 빼세요",
  missing: "값이 없습니다",
  "move them to the context's user": "컨텍스트의 사용자 항목으로 옮기세요",
  "name a file": "파일을 지정하세요",
  "name the program": "프로그램을 지정하세요",
  "name the user to impersonate, or remove as-uid and as-groups":
    "가장할 사용자를 지정하거나 as-uid와 as-groups를 지우세요",
  'no cluster named "{name}"': "이런 이름의 클러스터가 없습니다: “{name}”",
  'no user named "{name}"': "이런 이름의 사용자가 없습니다: “{name}”",
  "not Never, IfAvailable or Always": "Never, IfAvailable, Always 중 하나가 아닙니다",
  "not PEM text": "PEM 텍스트가 아닙니다",
  "not a URL of the form https://host:port": "https://host:port 형식의 URL이 아닙니다",
  "not a name that a namespace can have": "네임스페이스에 쓸 수 없는 이름입니다",
  "not base64": "base64가 아닙니다",
  "not the URL of a proxy (http, https, socks5 or socks5h)": "프록시 URL이 아닙니다(http, https, socks5, socks5h)",
  "not v1 or v1beta1 of client.authentication.k8s.io": "client.authentication.k8s.io의 v1이나 v1beta1이 아닙니다",
  "update the plugin's entry": "플러그인 항목을 최신 형식으로 바꾸세요",
  "use a certificate, a token or an exec plugin": "인증서, 토큰 또는 exec 플러그인을 쓰세요",
  "use a user of its own": "별도의 사용자를 쓰세요",
  "use https": "https를 쓰세요",
  "use the provider's exec plugin": "제공자의 exec 플러그인을 쓰세요",
  "write https:// before it": "앞에 https://를 붙이세요",
  "{path} cannot be read ({error})": "{path}: 읽을 수 없습니다({error})",
  "{path} is not a regular file": "{path}: 일반 파일이 아닙니다",
  // kubectl's preferences
  "DenyAll would say so": "모두 막으려면 DenyAll로 쓰세요",
  "a path with . or .. or doubled slashes in it": "경로에 .이나 .., 또는 겹친 슬래시가 있습니다",
  "a word for programs that nobody heeds is a mistake": "적용되지 않는 플러그인 설정은 오타로 봅니다",
  "ask whoever set it, or add it there: command: {path}":
    "설정한 사람에게 문의하거나 목록에 command로 추가하세요: {path}",
  "ask whoever set it, or have it be Allowlist with this program in {list}":
    "설정한 사람에게 문의하거나, 값을 Allowlist로 바꾸고 이 프로그램을 목록에 넣으세요: {list}",
  "cannot be read ({error})": "읽을 수 없습니다({error})",
  "correct it, or set KUBERC=off to go without it": "고치거나, 이 파일 없이 쓰려면 KUBERC=off로 설정하세요",
  "document {n}: {why}": "{n}번째 문서: {why}",
  "leave name out": "name을 빼세요",
  "name and command differ": "name과 command가 서로 다릅니다",
  "names no program": "지정된 프로그램이 없습니다",
  "not a mapping": "매핑이 아닙니다",
  "not a mapping with command": "command가 있는 매핑이 아닙니다",
  "not a text": "문자열이 아닙니다",
  "only command is": "command만 쓸 수 있습니다",
  "{at}: {why}": "{at}: {why}",
  "{file}: {key} does not name it": "{file}: {key} 목록에 이 프로그램이 없습니다",
  "{file}: {key} is DenyAll": "{file}: {key} 값이 DenyAll입니다",
  "{file}: {why}": "{file}: {why}",
  "{key}: counts only where {policy} is Allowlist": "{key}: {policy} 값이 Allowlist일 때만 쓰입니다",
  "{key}: names no program": "{key}: 지정된 프로그램이 없습니다",
  "{key}: not AllowAll, DenyAll or Allowlist": "{key}: AllowAll, DenyAll, Allowlist 중 하나가 아닙니다",
  "{key}: not a list": "{key}: 목록이 아닙니다",
  "{key}: not known": "{key}: 알 수 없는 항목입니다",
  '{key}: not known of apiVersion "{version}" and its kind':
    "{key}: 이 apiVersion과 kind에는 없는 항목입니다(“{version}”)",
  "{key}: {what}": "{key}: {what}",
  // programs that sign in
  "its answer has no status": "응답에 status가 없습니다",
  "its answer is not an ExecCredential": "응답이 ExecCredential이 아닙니다",
  "no answer within {seconds} s; killed": "{seconds}초 안에 응답이 없어 종료했습니다",
  "no such program, or it may not be run": "프로그램이 없거나 실행 권한이 없습니다",
  "name the cluster's own authority alone, or have it told nothing":
    "해당 클러스터의 CA만 넣거나, 클러스터 정보를 전달하지 않게 하세요",
  "stopped by you": "직접 중단했습니다",
  "what it is told of the cluster is too much for a variable":
    "플러그인에 전달할 클러스터 정보가 환경 변수에 담기에는 너무 큽니다",
  "{path}: {error}": "{path}: {error}",
  "{what}: {said}": "{what}: {said}",
  // journals, records and runs
  "choice {choice}: not known": "선택 {choice}: 알 수 없는 선택입니다",
  "journal {path}: cannot write ({why})": "저널 {path}: 쓸 수 없습니다({why})",
  "journal {path}: {why}": "저널 {path}: {why}",
  "run {run}: exists already": "실행 {run}: 이미 있습니다",
  "run {run}: held by process {pid}": "실행 {run}: 프로세스 {pid}에서 진행 중입니다",
  "run {run}: not found": "실행 {run}: 찾을 수 없습니다",
  "run {run}: not held by this process, its epoch is {epoch} (claim it first; if another has it, leave it alone)":
    "실행 {run}: 이 프로세스에서 진행하는 실행이 아닙니다(현재 epoch {epoch}). 다른 곳에서 진행 중이면 그대로 두세요",
  "armed writes not readable ({error})": "대기 중이던 쓰기를 읽을 수 없습니다({error})",
  "entry {seq} is missing": "항목 {seq}번이 없습니다",
  "entry {seq}: not readable ({error})": "항목 {seq}번: 읽을 수 없습니다({error})",
  "it has no plan": "계획이 없습니다",
  "its plan is of another run than it says": "계획이 기록에 적힌 것과 다른 실행의 것입니다",
  "its plan is of another target than its name says": "계획의 대상이 이름과 다릅니다",
  "its plan writes to {object}, outside its namespace": "계획이 네임스페이스 밖의 오브젝트에 씁니다: {object}",
  "not the record of a run, or of another version of Changeover":
    "실행 기록이 아니거나 다른 버전의 Changeover에서 만든 것입니다",
  "nothing of it is used: look at the cluster, and undo by hand what is left":
    "기록을 전혀 쓰지 않습니다. 클러스터를 확인하고 남은 것은 직접 되돌리세요",
  "run {run}: is over ({status})": "실행 {run}: 이미 끝났습니다({status})",
  "run {run}: no longer driven by this process": "실행 {run}: 더 이상 이 프로세스에서 진행하지 않습니다",
  "run {run}: {choice} cannot be chosen now": "실행 {run}: 지금은 선택할 수 없습니다({choice})",
  "run {run}: {why}": "실행 {run}: {why}",
  "its name is that of a run's record, and it is none": "실행 기록의 이름이지만 실행 기록이 아닙니다",
  "run {run} is driven by {by}, last heard of a moment ago":
    "실행 {run}: 다른 곳에서 진행 중입니다: {by}(방금 전 신호 있음)",
  "run {run} is driven by {by}, last heard of a while ago":
    "실행 {run}: 다른 곳에서 진행 중입니다: {by}(마지막 신호가 좀 지났음)",
  "run {run} is driven by {by}, last heard of at a time that cannot be told ({why})":
    "실행 {run}: 다른 곳에서 진행 중입니다: {by}(마지막 신호를 확인할 수 없음: {why})",
  "run {run} is driven by {by}, last heard of by its record":
    "실행 {run}: 다른 곳에서 진행 중입니다: {by}(실행 기록 기준)",
  "run {run} of this workload is not over; {by} drove it last":
    "이 워크로드의 실행 {run}: 아직 끝나지 않았습니다. 마지막으로 진행한 쪽: {by}",
  "the record that other workstations need cannot be kept: {why}":
    "다른 컴퓨터에서 볼 실행 기록을 남길 수 없습니다: {why}",
  "{object}: no run that could be taken over": "{object}: 넘겨받을 수 있는 실행이 없습니다",
  "run: {event} cannot follow {status}": "실행 순서가 맞지 않습니다: {status} 다음에 {event}",
  "cluster {server}: not the one that the plan was made for (another kube-system uid, server or authority)":
    "클러스터 {server}: 계획을 만든 클러스터가 아닙니다(kube-system uid, 서버 또는 CA가 다름)",
  "{object}: deleted or made anew since the plan was made": "{object}: 계획을 만든 뒤에 삭제됐거나 다시 생성됐습니다",
  "{object}: its pod template changed since the plan was made": "{object}: 계획을 만든 뒤에 파드 템플릿이 바뀌었습니다",
  "{object}: run {run} is under way on it; finish it or back it out first":
    "{object}: 실행 {run}에서 사용 중입니다. 먼저 마무리하거나 원복하세요",
  "entry {seq}: not readable": "항목 {seq}번: 읽을 수 없습니다",
  "entry {seq}: schema {schema}, this program reads {own}":
    "항목 {seq}번: 스키마 {schema}, 이 프로그램은 {own}만 읽습니다",
  "entry {seq}: {why}": "항목 {seq}번: {why}",
  // probes
  "probe client: not usable": "프로브 클라이언트를 쓸 수 없습니다",
  "resolve {text}: {why}": "주소 지정(resolve) {text}: {why}",
  "not HOST:PORT:ADDRESS": "HOST:PORT:ADDRESS 형식이 아닙니다",
  "the address is not an IP address": "주소가 IP 주소가 아닙니다",
  "the host is not a name": "호스트가 이름이 아닙니다",
  "the port is not 1 to 65535": "포트가 1~65535 범위가 아닙니다",
  // contexts, plans and runs
  "context {context}: signed in, and not shown: another one was opened since":
    "컨텍스트 {context}: 로그인했지만 그사이 다른 컨텍스트를 열어 표시하지 않습니다",
  "{object}: has no pods, so it has no logs": "{object}: 파드를 갖지 않는 종류라 로그가 없습니다",
  "these logs are not read any more": "이 로그는 더 이상 읽고 있지 않습니다",
  "open them again": "다시 여세요",
  "answered when it was asked": "확인 요청에 응답했습니다",
  answers: "응답합니다",
  "check network, VPN and proxy; open it to try again": "네트워크, VPN, 프록시를 확인하고 다시 여세요",
  "context {name}: not in the kubeconfig": "컨텍스트 {name}: kubeconfig에 없습니다",
  live: "실시간",
  "look at it and approve it: in the window, or changeoverctl --context {context} sign-in":
    "확인하고 승인하세요: 창에서 또는 changeoverctl --context {context} sign-in",
  "see the list of contexts for the files that were read": "어떤 파일을 읽었는지 컨텍스트 목록에서 확인하세요",
  "signs in with the program {path}, which runs when the context is opened":
    "프로그램으로 로그인하며, 컨텍스트를 열 때 실행됩니다: {path}",
  "{server}: no answer within {seconds} s": "{server}: {seconds}초 안에 응답이 없습니다",
  "{what} ({why})": "{what}({why})",
  "`changeoverctl runs` lists what is under way": "진행 중인 실행은 다음으로 볼 수 있습니다: changeoverctl runs",
  "another process drives this run; stop it first, or use it there":
    "다른 프로세스에서 진행 중입니다. 그쪽을 먼저 멈추거나 그쪽에서 진행하세요",
  "ask for the right, or follow other namespaces": "권한을 요청하거나 다른 네임스페이스를 선택하세요",
  "ask whoever gives rights in this namespace for the operator role; going back to what served before works without":
    "이 네임스페이스의 권한 담당자에게 operator 역할을 요청하세요. 이전 버전으로 되돌리는 것은 이 권한 없이도 됩니다",
  "check network, VPN and proxy; the context is asked again by itself":
    "네트워크, VPN, 프록시를 확인하세요. 컨텍스트에는 자동으로 다시 요청합니다",
  "finish it, back it out, or take it over first: changeoverctl take-over {run}":
    "먼저 마무리하거나 원복하거나 넘겨받으세요: changeoverctl take-over {run}",
  "is the server of the kubeconfig a Kubernetes API server?":
    "kubeconfig의 서버가 Kubernetes API 서버가 맞는지 확인하세요",
  "nothing was interpreted or changed; name another folder with --state-dir, or restore the file":
    "아무것도 해석하거나 바꾸지 않았습니다. --state-dir로 다른 폴더를 지정하거나 파일을 복원하세요",
  "nothing was written to the cluster; free the disk and resume":
    "클러스터는 변경하지 않았습니다. 디스크 공간을 확보한 뒤 이어서 진행하세요",
  "sign in again, or correct the user entry of the kubeconfig": "다시 로그인하거나 kubeconfig의 사용자 항목을 고치세요",
  "talk to them; or take it over with a reason: changeoverctl take-over {run} --steal REASON":
    "상대에게 확인하거나, 사유를 적고 넘겨받으세요: changeoverctl take-over {run} --steal REASON",
  "this plan was started before; `resume` it, or make a new plan":
    "이미 시작한 계획입니다. 이어서 진행하거나 계획을 새로 만드세요",
  "was the cluster made anew? then take its certificate authority from it again; else somebody stands in between":
    "클러스터를 새로 만들었다면 CA를 다시 받아 넣으세요. 아니라면 누군가 중간에서 가로채고 있을 수 있습니다",
  "{what}: answer not understood": "{what}: 응답을 이해할 수 없습니다",
  "{what}: its certificate is not trusted": "{what}: 인증서를 신뢰할 수 없습니다",
  "{what}: no answer": "{what}: 응답이 없습니다",
  "{what}: not allowed": "{what}: 권한이 없습니다",
  "{what}: not signed in": "{what}: 로그인되어 있지 않습니다",
  "name one with --state-dir": "--state-dir로 폴더를 지정하세요",
  "no folder for the journal: there is no home folder": "저널을 둘 폴더가 없습니다: 홈 폴더를 찾을 수 없습니다",
  "check network, VPN and proxy, and whether the API server is well; then ask again":
    "네트워크, VPN, 프록시와 API 서버 상태를 확인한 뒤 다시 시도하세요",
  "context {context}: not open": "컨텍스트 {context}: 열려 있지 않습니다",
  "context {context}: not read within {seconds} s": "컨텍스트 {context}: {seconds}초 안에 조회하지 못했습니다",
  "context {context}: not read within {seconds} s ({why})":
    "컨텍스트 {context}: {seconds}초 안에 조회하지 못했습니다({why})",
  "context {name}: no longer in the kubeconfig; its connection goes on":
    "컨텍스트 {name}: kubeconfig에서 없어졌지만 연결은 유지합니다",
  "{kind}: {note}": "{kind}: {note}",
  "being read for the first time": "처음 조회하는 중입니다",
  "silent since {since}": "{since}부터 신호가 없습니다",
  "{n} cannot be read": "읽을 수 없는 오브젝트 {n}개",
  "{n} so far": "지금까지 {n}개",
  "Kind/namespace/name is needed": "Kind/namespace/name 형식이어야 합니다",
  "{text}: not an object's id": "{text}: 오브젝트 ID가 아닙니다",
  "give the pod template (metadata and spec), or a Deployment":
    "파드 템플릿(metadata와 spec)이나 Deployment를 지정하세요",
  "images and a template were given: only one of them can count":
    "이미지와 템플릿이 모두 지정됐습니다. 하나만 쓸 수 있습니다",
  "make it again, or read its file": "계획을 다시 만들거나 계획 파일을 읽으세요",
  "plan {id}: not known here": "계획 {id}: 여기서는 알 수 없는 계획입니다",
  "strategy {name}: not known": "배포 방식 {name}: 알 수 없는 방식입니다",
  "template: has no spec.containers": "템플릿에 spec.containers가 없습니다",
  "template: holds masked values": "템플릿에 가려진 값이 들어 있습니다",
  "template: not valid YAML": "템플릿이 올바른 YAML이 아닙니다",
  "there are {names}": "사용할 수 있는 것: {names}",
  "write the real value in place of each {mask}, or refer to a Secret":
    "가려진 값({mask})마다 실제 값을 쓰거나 Secret을 참조하세요",
  "context {name}: another name was typed ({typed})": "컨텍스트 {name}: 입력한 이름이 다릅니다({typed})",
  "start without --read-only": "--read-only 없이 시작하세요",
  "type {name}": "입력: {name}",
  "check it first": "먼저 점검하세요",
  "context {context}: read only until it is unlocked": "컨텍스트 {context}: 쓰기를 허용하기 전까지 읽기 전용입니다",
  "context {context}: the view is stale, nothing is written":
    "컨텍스트 {context}: 정보가 오래되어 클러스터를 변경하지 않습니다",
  "context {name}: its server is not verified": "컨텍스트 {name}: 서버가 검증되지 않았습니다",
  "context {name}: its server is not verified, and production is not written to that way":
    "컨텍스트 {name}: 서버가 검증되지 않은 운영 환경에는 쓰지 않습니다",
  "context {name}: protected": "컨텍스트 {name}: 보호된 컨텍스트입니다",
  "context {name}: protected, its name must be typed": "컨텍스트 {name}: 보호된 컨텍스트입니다. 이름을 입력해야 합니다",
  "context {name}: read only, by --read-only": "컨텍스트 {name}: 읽기 전용으로 시작했습니다(--read-only)",
  "going back from here is a plan of its own: `plan rollback`": "여기서 되돌리려면 롤백 계획을 새로 만드세요",
  "its name must be typed": "이름을 입력해야 합니다",
  "look at the change, then make a new plan": "변경 내용을 확인한 뒤 계획을 새로 만드세요",
  "name its certificate authority in the kubeconfig": "kubeconfig에 클러스터의 CA를 지정하세요",
  "on the command line: --confirm-context NAME": "명령줄에서는 --confirm-context NAME",
  "open the namespace of its workload; one that this workstation began is resumed instead":
    "워크로드의 네임스페이스를 여세요. 이 컴퓨터에서 시작한 실행이라면 이어서 진행하세요",
  "plan {plan}: not checked yet": "계획 {plan}: 아직 점검하지 않았습니다",
  "plan {plan}: stopped by a check": "계획 {plan}: 점검에서 막혔습니다",
  "or, on the command line: --unverified-because REASON": "또는 명령줄에서 --unverified-because REASON",
  "resume it": "이어서 진행하세요",
  "run {run}: no record of it in the namespaces that are shown":
    "실행 {run}: 표시 중인 네임스페이스에 실행 기록이 없습니다",
  "see its findings": "점검 결과를 확인하세요",
  "see the choices of its hold": "선택할 수 있는 항목을 확인하세요",
  "they will read it": "상대도 이 사유를 봅니다",
  "to take a run over at once needs a reason": "바로 넘겨받으려면 사유가 필요합니다",
  "unlock it, once; on the command line: --confirm-context NAME":
    "쓰기를 한 번 허용하세요. 명령줄에서는 --confirm-context NAME",
  "unlock it, with a reason; on the command line: --confirm-context NAME --unverified-because REASON":
    "사유를 적고 쓰기를 허용하세요. 명령줄에서는 --confirm-context NAME --unverified-because REASON",
  "wait until it is live": "실시간이 될 때까지 기다리세요",
  "context {context}: no program waits for approval": "컨텍스트 {context}: 승인을 기다리는 프로그램이 없습니다",
  "look at it again, then approve it": "다시 확인한 뒤 승인하세요",
  "open it first": "먼저 여세요",
  "{path}: not what was shown any more": "{path}: 표시했던 내용과 달라졌습니다",
  "the run is not interpreted; repair by hand": "이 실행은 해석하지 않습니다. 직접 복구하세요",
  "writing to it wants a reason": "쓰려면 사유가 필요합니다",
  // why there is no plan
  "a {kind} has no pod template that could be rolled out or back":
    "{kind}: 롤아웃하거나 되돌릴 파드 템플릿이 없는 종류입니다",
  "could not be read ({why})": "조회하지 못했습니다({why})",
  forbidden: "권한 없음",
  unauthorized: "로그인되어 있지 않음",
  "not understood: {why}": "내용을 이해할 수 없음: {why}",
  "a {kind} cannot stand twice beside itself, for its pods have names or nodes of their own":
    "{kind}: 나란히 두 벌을 띄울 수 없는 종류입니다. 파드마다 이름이나 노드가 정해져 있습니다",
  "container {container}: not in the template; there are {there}":
    "컨테이너 {container}: 템플릿에 없습니다. 있는 컨테이너: {there}",
  "container {container}: {image} is not an image reference": "컨테이너 {container}: 이미지 주소가 아닙니다({image})",
  "none given; write CONTAINER=IMAGE": "지정된 이미지가 없습니다. CONTAINER=IMAGE 형식으로 쓰세요",
  "the new template equals the running one: there is nothing to roll out":
    "새 템플릿이 실행 중인 것과 같아 롤아웃할 것이 없습니다",
  "the new template has no containers": "새 템플릿에 컨테이너가 없습니다",
  "its hash does not match its content: it was edited after it was made; make the plan again":
    "해시가 내용과 맞지 않습니다. 만든 뒤에 수정된 파일이므로 계획을 다시 만드세요",
  "no field schema: this is not a plan of Changeover": "schema 필드가 없습니다. Changeover의 계획이 아닙니다",
  "not JSON ({error}); it may be cut off": "JSON이 아닙니다({error}). 파일이 잘렸을 수 있습니다",
  "not understood ({error})": "내용을 이해할 수 없습니다({error})",
  "schema {n} is not known here (this program writes {own}); make the plan again":
    "여기서는 모르는 스키마입니다: {n} (이 프로그램의 스키마는 {own}). 계획을 다시 만드세요",
  "a rolling update fits, or a rollback": "롤링 업데이트나 롤백을 쓰세요",
  "blue has no pods to go by; say how many green shall have":
    "기준으로 삼을 블루 파드가 없습니다. 그린 파드 수를 지정하세요",
  "its services could not be read ({why})": "Service를 조회하지 못했습니다({why})",
  "run {run} of it is not over; {by} drove it last: finish it, back it out or take it over first":
    "실행 {run}: 아직 끝나지 않았습니다. 마지막으로 진행한 쪽: {by}. 먼저 마무리하거나 원복하거나 넘겨받으세요",
  "selects {label}, which the new template does not carry; keep that label, or change the service first":
    "셀렉터의 라벨이 새 템플릿에 없습니다: {label}. 라벨을 유지하거나 Service를 먼저 바꾸세요",
  "the new template's labels do not satisfy its selector, which cannot be changed; keep the labels that it selects by":
    "새 템플릿의 라벨이 셀렉터와 맞지 않으며 셀렉터는 바꿀 수 없습니다. 셀렉터에 쓰이는 라벨을 유지하세요",
  "must be a list of texts": "문자열 목록이어야 합니다",
  "must be a text": "문자열이어야 합니다",
  "must be a whole number": "정수여야 합니다",
  "must be a whole number from {min} to {max}": "{min}에서 {max} 사이의 정수여야 합니다",
  "must be a whole number from {min} to {max} {unit}": "{min}에서 {max} 사이의 정수여야 합니다(단위: {unit})",
  "must be an object of names and values": "이름과 값으로 된 객체여야 합니다",
  "must be one of {options}": "다음 중 하나여야 합니다: {options}",
  "not known; there are {names}": "알 수 없는 설정입니다. 사용할 수 있는 것: {names}",
  "parameter {name}: {why}": "설정 {name}: {why}",
  "plan file: {why}": "계획 파일: {why}",
  "its history could not be read ({why})": "이력을 조회하지 못했습니다({why})",
  "a rollback takes its template from the history; leave images and template out":
    "롤백은 이력의 템플릿을 씁니다. 이미지와 템플릿을 지정하지 마세요",
  "give a revision or a run, not both": "리비전과 실행 중 하나만 지정하세요",
  "its history holds no other revision: there is nothing to go back to":
    "이력에 다른 리비전이 없어 되돌릴 것이 없습니다",
  "its history holds no other revision; deployment {name}, which was retired, ran {image}: bring that in by a Blue/Green":
    "이력에 다른 리비전이 없습니다. 정리된 Deployment {name}에서 {image} 이미지를 썼으니 블루/그린으로 배포하세요",
  "its history holds no other revision; run {run} kept the template from before it: go back to that (toRun={run})":
    "이력에 다른 리비전이 없습니다. 실행 {run}에 그 이전의 템플릿이 남아 있으니 그것으로 되돌리세요(toRun={run})",
  "its history is empty, because revisionHistoryLimit is 0: no old {kind} is kept; roll the old version out anew":
    "revisionHistoryLimit이 0이라 이력이 비어 있습니다(남은 {kind} 없음). 이전 버전을 새로 롤아웃하세요",
  "its pods take a template only when somebody deletes them (updateStrategy OnDelete): write the template by kubectl, and delete them one by one":
    "파드를 삭제해야만 템플릿이 적용됩니다(updateStrategy OnDelete). 템플릿을 직접 적용하고 파드를 하나씩 삭제하세요",
  "no revision can be advised ({why}); name the one that you want (toRevision)":
    "권할 만한 리비전이 없습니다({why}). 원하는 리비전을 지정하세요(toRevision)",
  "no revision can be gone back to ({why})": "되돌릴 수 있는 리비전이 없습니다({why})",
  "revision {n} is not in its history any more; there are {others}":
    "리비전 {n}: 이력에 더 이상 없습니다. 있는 리비전: {others}",
  "revision {n} is not in its history any more; there are {others}, {now} (runs now)":
    "리비전 {n}: 이력에 더 이상 없습니다. 있는 리비전: {others}, {now}(현재 버전)",
  "revision {n}: {why}": "리비전 {n}: {why}",
  "run {run} is not a run of it that is over and that this workstation knows":
    "실행 {run}: 이 컴퓨터에 남아 있는, 이 워크로드의 끝난 실행이 아닙니다",
  "the template from before run {run}: {why}": "실행 {run} 이전의 템플릿: {why}",
  "the template of that revision was not read": "그 리비전의 템플릿을 조회하지 못했습니다",
  "there are none": "사용할 수 있는 것이 없습니다",
  "must start with / and hold no blanks; leave it empty for no smoke check":
    "/로 시작하고 공백이 없어야 합니다. 점검하지 않으려면 비워 두세요",
  // the journal on disk
  "an SQLite file of another program; name another place": "다른 프로그램의 SQLite 파일입니다. 다른 위치를 지정하세요",
  "content not understood ({error})": "내용을 이해할 수 없습니다({error})",
  "damaged ({error})": "파일이 손상됐습니다({error})",
  "empty; remove it if no run was open": "파일이 비어 있습니다. 진행 중인 실행이 없었다면 지우세요",
  "its tables are not those that Changeover made": "테이블이 Changeover에서 만든 것과 다릅니다",
  "move the file aside to begin an empty one; runs in it cannot be resumed then":
    "파일을 다른 곳으로 옮기면 새로 시작합니다. 그 안의 실행은 이어서 진행할 수 없게 됩니다",
  "not a journal of Changeover": "Changeover의 저널이 아닙니다",
  "not a regular file; remove it or name another place": "일반 파일이 아닙니다. 지우거나 다른 위치를 지정하세요",
  "schema {n} is not known": "알 수 없는 스키마입니다: {n}",
  "write-ahead log damaged at frame {frame}; restore both files from a copy, or move the file aside to begin an empty one; runs in it cannot be resumed then":
    "WAL이 손상됐습니다(프레임 {frame}). 두 파일을 백업에서 복원하세요. 파일을 다른 곳으로 옮기면 새로 시작하지만 그 안의 실행은 이어서 진행할 수 없습니다",
  "written by a newer Changeover (schema {newer}, this one knows {own}); update Changeover, or move the file aside to begin an empty one; runs in it cannot be resumed then":
    "더 새로운 Changeover에서 쓴 파일입니다(스키마 {newer}, 이 버전은 {own}). Changeover를 업데이트하세요. 파일을 다른 곳으로 옮기면 새로 시작하지만 그 안의 실행은 이어서 진행할 수 없습니다",
  "entry {n}": "항목 {n}번",
  "its header": "헤더",
  "its start": "시작 시각",
  "its target": "대상",
  "run {run}: plan not understood ({error})": "실행 {run}: 계획을 이해할 수 없습니다({error})",
  "run {run}: {what} is not as it was written; nothing of this run is used: look at the cluster, and undo by hand what is left":
    "실행 {run}: 기록된 내용과 다릅니다({what}). 이 실행의 기록을 전혀 쓰지 않습니다. 클러스터를 확인하고 남은 것은 직접 되돌리세요",
  "the end of its entries": "항목의 끝부분",
  "name of this installation not understood ({error})": "이 설치의 이름을 이해할 수 없습니다({error})",
  "write it as {tag} or {digest}": "{tag} 또는 {digest} 형식으로 입력하세요",
  "{program} gives no key": "{program}에서 인증 정보를 받지 못했습니다",
  "it asks for a sign-in without TLS": "레지스트리가 TLS 없는 로그인을 요구합니다",
  "it says that it was asked too often": "레지스트리의 요청 한도를 넘었습니다",
  "no registry can be asked from here ({why})": "이 컴퓨터에서는 레지스트리에 확인할 수 없습니다({why})",
  "signed in by a token that only docker can use": "docker만 쓸 수 있는 토큰으로 로그인되어 있습니다",
  "the key that is kept for it cannot be read": "저장된 인증 정보를 읽을 수 없습니다",
  "what answers is no registry, or not of this image": "레지스트리가 아니거나 이 이미지에 대한 응답이 아닙니다",
  "{image}: is not the name of an image": "{image}: 이미지 이름이 아닙니다",
} satisfies Partial<Record<Form, string>>;
