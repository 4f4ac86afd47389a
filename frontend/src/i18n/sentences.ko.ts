// What the core says (`sentence!`), in Korean, as an SRE would write it to a colleague: `Form` is what there is to say.
import { errors } from "./errors.ko";
import type { Form } from "./sentences";

export const sentences: Record<Form, string> = {
  "another pod template with the same images": "이미지는 같고 파드 템플릿이 바뀜",
  "it came as that began": "문제가 시작된 시점과 같습니다",
  "it came {time} after that had begun": "문제가 시작되고 {time} 뒤의 변경입니다",
  "it came {time} before that began": "문제가 시작되기 {time} 전의 변경입니다",
  "it reaches nothing that fails now": "지금 실패하는 것과 관련이 없습니다",
  "it reaches what fails now: {names}": "지금 실패하는 대상에 영향: {names}",
  "its rollout made no progress before its deadline": "롤아웃이 기한 안에 진행되지 않았습니다",
  "no pod of this version is ready": "이 버전의 파드 중 준비된 것이 없습니다",
  "pods of both versions fail: {new} of this one, {old} of the one before":
    "두 버전의 파드가 모두 실패: 이 버전 {new}개, 이전 버전 {old}개",
  "the one pod that fails is of this version": "실패한 파드 1개가 이 버전입니다",
  "was created": "생성됨",
  "was edited": "수정됨",
  "was scaled to {to}": "{to}개로 스케일됨",
  "{kind}: {why}": "{kind}: {why}",
  "{m} min {s} s": "{m}분 {s}초",
  "{n} d": "{n}일",
  "{n} h": "{n}시간",
  "{n} min": "{n}분",
  "{n} of the version before are ready": "이전 버전의 파드 {n}개는 준비되어 있습니다",
  "{n} pods fail, all of them of this version": "실패한 파드 {n}개가 모두 이 버전입니다",
  "{n} pods fail, and none of them is of this version": "파드 {n}개가 실패하지만 이 버전은 없습니다",
  "{n} s": "{n}초",
  "a link is changeover://CONTEXT/NAMESPACE/KIND/NAME, or changeover://CONTEXT?run=RUN":
    "링크 형식은 changeover://CONTEXT/NAMESPACE/KIND/NAME 또는 changeover://CONTEXT?run=RUN 입니다",
  "a part of it is empty, longer than {n} bytes, or has control characters":
    "비어 있거나 {n}바이트보다 길거나 제어 문자가 든 부분이 있습니다",
  "as {user}": "다른 사용자로 동작: {user}",
  "cannot be read: {why}": "읽을 수 없습니다: {why}",
  "http: there is no certificate": "HTTP라서 인증서가 없습니다",
  "it does not begin with changeover://": "changeover://로 시작하지 않습니다",
  "it has too many parts, or too few": "부분의 수가 맞지 않습니다",
  "it is not UTF-8": "UTF-8이 아닙니다",
  "no certificate in it": "인증서가 들어 있지 않습니다",
  "no kind {kind} is known": "모르는 종류입니다: {kind}",
  "not a link of Changeover: {why}": "Changeover 링크가 아닙니다: {why}",
  "of what follows the question mark only run=RUN is known": "물음표 뒤에는 run=RUN만 쓸 수 있습니다",
  "straight, without a proxy": "프록시 없이 직접",
  "the authorities that this machine trusts": "이 컴퓨터가 신뢰하는 인증 기관으로 확인",
  "the server's certificate is not checked": "서버 인증서를 확인하지 않습니다",
  "through {proxy}": "프록시를 거쳐: {proxy}",
  "with nothing: as whom the server takes anybody": "인증 정보 없이(서버가 익명 사용자로 처리)",
  "with the client certificate": "클라이언트 인증서로",
  "with the program {command}: not found on the PATH of this window":
    "이 창의 PATH에서 프로그램을 찾지 못했습니다: {command}",
  "with the program {path}": "프로그램으로: {path}",
  "with the token in {path}": "파일의 토큰으로: {path}",
  "with the token in {path}: {why}": "파일의 토큰으로: {path}: {why}",
  "with the token of the kubeconfig": "kubeconfig의 토큰으로",
  "{subject}: ended at {at}": "{subject}: {at}에 만료되었습니다",
  "{subject}: ends in {n} h, at {at}": "{subject}: {n}시간 뒤 만료({at})",
  "{subject}: until {at}": "{subject}: {at}까지",
  "{pod} and {n} more fail: {why}": "{pod} 외 {n}개 실패: {why}",
  "{pod} fails: {why}": "{pod} 실패: {why}",
  "{pod} and {n} more are not ready any more": "{pod} 외 {n}개가 더 이상 Ready가 아닙니다",
  "{pod} is not ready any more": "더 이상 Ready가 아닙니다: {pod}",
  "its pods are refused: {why}": "파드 생성이 거부되었습니다: {why}",
  Address: "주소",
  "Being deleted since": "삭제 요청 시각",
  "Cluster IP": "클러스터 IP",
  Failing: "실패",
  Finalizers: "파이널라이저",
  Images: "이미지",
  Labels: "레이블",
  Paused: "일시 중지",
  Phase: "단계",
  Pods: "파드",
  Ports: "포트",
  Restarts: "재시작",
  Revision: "리비전",
  Selector: "셀렉터",
  Type: "유형",
  UID: "고유 ID",
  "Update strategy": "업데이트 전략",
  Partition: "파티션",
  "pods below ordinal {n} keep the template that they have": "순번 {n} 미만의 파드는 현재 템플릿을 유지합니다",
  "in cluster": "클러스터 내부",
  yes: "예",
  "{first} and {n} more": "{first} 외 {n}개",
  "{wanted} wanted, {ready} ready": "목표 {wanted}, Ready {ready}",
  "{wanted} wanted, {ready} ready, {newest} of the newest template":
    "목표 {wanted}, Ready {ready}, 최신 템플릿 {newest}",
  ...errors,
  "Goes on although this could not be shown; it is noted in the run": "확인하지 못한 채 진행하며, 실행에 기록됩니다",
  "Leaves what is there and counts the step as undone": "지금 상태로 두고, 이 단계는 되돌린 것으로 봅니다",
  "Reads what is there now and goes on if it fits": "지금 상태를 읽고, 맞으면 이어서 진행합니다",
  "Reads what is there now and goes on with the plan": "지금 상태를 읽고 계획대로 이어서 진행합니다",
  "Takes back everything that this run did": "이 실행에서 한 일을 모두 되돌립니다",
  "Writes the selector of this run back over the one that selects both colours":
    "두 색을 모두 선택하는 셀렉터 위에 이 실행의 셀렉터를 다시 씁니다",
  "Writes what this run says, guarded by what is there now": "지금 값이 그대로일 때만 이 실행의 값으로 씁니다",
  "a pod of the new template is refused: {why}": "새 템플릿의 파드가 거부됩니다: {why}",
  "a rollback in the middle of a rollout is sound: the unready pods of the new version go first":
    "롤아웃 도중의 롤백은 안전합니다. Ready가 아닌 새 버전 파드부터 정리됩니다",
  "acknowledged once, when the first run asks": "첫 실행 때 한 번만 확인을 받습니다",
  "add nodes, give green fewer pods (green = N), or do without host ports":
    "노드를 늘리거나, 그린 파드 수를 줄이거나(green = N), hostPort 없이 구성하세요",
  "add nodes, give green fewer pods (green = N), or make the rule preferred instead of required":
    "노드를 늘리거나, 그린 파드 수를 줄이거나(green = N), 규칙을 required 대신 preferred로 바꾸세요",
  "add nodes, or give green fewer pods (green = N); with an autoscaler of nodes, raise the deadline":
    "노드를 늘리거나 그린 파드 수를 줄이세요(green = N). 노드 오토스케일러를 쓴다면 최대 대기를 늘리세요",
  "add one; until then look at the pods' logs before trusting the result":
    "readinessProbe를 추가하세요. 그 전에는 파드 로그까지 보고 판단하세요",
  "add one; until then trust the smoke check alone, and let green stand for a while before the cutover":
    "readinessProbe를 추가하세요. 그 전에는 점검 결과만 믿고, 전환하기 전에 그린을 한동안 띄워 두세요",
  "admission adds container {name} ({image}), which no pod that runs has":
    "실행 중인 파드에는 없는 컨테이너가 admission에서 추가됩니다: {name} ({image})",
  "admission changes the image of container {name} from {other} to {image}":
    "컨테이너 {name}의 이미지가 admission에서 바뀝니다: {other} → {image}",
  "admission changes what step {step} writes: {field} is sent as {sent} and would be stored as {stored}":
    "{step} 단계에서 쓰는 값이 admission에서 바뀝니다. {field}: 보내는 값 {sent}, 저장될 값 {stored}",
  "admission changes what the way back from {step} writes: {field} is sent as {sent} and would be stored as {stored}":
    "{step} 단계의 원복에서 쓰는 값이 admission에서 바뀝니다. {field}: 보내는 값 {sent}, 저장될 값 {stored}",
  "allows no disruption now: a node that is drained meanwhile waits for its pods":
    "지금은 파드 중단을 허용하지 않습니다. 그사이 노드를 drain하면 파드를 기다리며 멈춥니다",
  "also finds the preview Service {preview}: from the cutover until that is gone each new pod is counted twice":
    "프리뷰 Service({preview})도 함께 찾습니다. 전환 뒤 그 Service가 삭제될 때까지 새 파드가 두 번씩 집계됩니다",
  "also selects pods that are not the target's: {name} of nobody; they would get no traffic any more":
    "대상이 아닌 파드도 선택합니다: {name}(소유자 없음). 그 파드에는 트래픽이 끊깁니다",
  "also selects pods that are not the target's: {name} of {kind} {owner}; they would get no traffic any more":
    "대상이 아닌 파드도 선택합니다: {name}({kind} {owner} 소유). 그 파드에는 트래픽이 끊깁니다",
  "an older revision still takes {share} % of the requests beside a newer one":
    "새 리비전이 있는데도 이전 리비전에서 요청의 {share} %를 처리하고 있습니다",
  "ask each pod of {object} for {path} on port {port}, {n} times":
    "{object} 파드마다 점검 요청 {n}회: 포트 {port}, {path}",
  "ask the owner of the policy or webhook that changes it (kubectl get mutatingadmissionpolicies,mutatingwebhookconfigurations)":
    "값을 바꾸는 정책이나 웹훅의 담당자에게 문의하세요(kubectl get mutatingadmissionpolicies,mutatingwebhookconfigurations)",
  "ask whoever gives rights in this namespace for the operator role, or for the rule {rule}":
    "이 네임스페이스의 권한 담당자에게 operator 역할이나 다음 규칙을 요청하세요: {rule}",
  "asks for port {port}, which the new template does not have: figures of the new pods would be missing":
    "새 템플릿에 없는 포트({port})를 조회합니다. 새 파드의 지표가 빠집니다",
  "belongs to the Argo CD application {name}, which heals itself and leaves alone the fields that this plan writes (ignoreDifferences)":
    "Argo CD 애플리케이션 {name} 소유이며 selfHeal이 켜져 있지만, 이 계획이 쓰는 필드는 그대로 둡니다(ignoreDifferences)",
  "belongs to the Argo CD application {name}, which heals itself: it would take our changes back within seconds":
    "Argo CD 애플리케이션 {name} 소유이며 selfHeal이 켜져 있습니다. 변경이 몇 초 안에 되돌려집니다",
  "belongs to the Argo CD application {name}: a sync by hand writes Git's version back":
    "Argo CD 애플리케이션 {name} 소유입니다. 수동으로 sync하면 Git의 버전이 다시 적용됩니다",
  "belongs to the Argo CD application {name}: its next sync, at the next commit, writes Git's version back":
    "Argo CD 애플리케이션 {name} 소유입니다. 다음 커밋에서 sync되면 Git의 버전이 다시 적용됩니다",
  "belongs to the Argo CD application {name}; whether it heals itself could not be checked (applications were not read: {why})":
    "Argo CD 애플리케이션 {name} 소유입니다. selfHeal 여부를 확인하지 못했습니다(Application 조회 안 됨: {why})",
  "belongs to the Argo CD application {name}; whether it heals itself could not be checked (it was not found among those that were read)":
    "Argo CD 애플리케이션 {name} 소유입니다. selfHeal 여부를 확인하지 못했습니다(조회한 목록에 없음)",
  "belongs to the Flux {kind} {name}, which applies Git's version again at its next interval":
    "Flux {kind} {name} 소유입니다. 다음 주기에 Git의 버전이 다시 적용됩니다",
  "belongs to the Flux {kind} {name}, which is suspended: once it is resumed it writes Git's version back":
    "Flux {kind} {name} 소유이며 suspend 상태입니다. 재개되면 Git의 버전이 다시 적용됩니다",
  "belongs to the Flux {kind} {name}: its next upgrade writes Git's version back":
    "Flux {kind} {name} 소유입니다. 다음 업그레이드 때 Git의 버전이 다시 적용됩니다",
  "belongs to the Flux {kind} {name}; whether it would take our changes back could not be checked (it was not found among those that were read)":
    "Flux {kind} {name} 소유입니다. 변경을 되돌리는지 확인하지 못했습니다(조회한 목록에 없음)",
  "belongs to the Flux {kind} {name}; whether it would take our changes back could not be checked ({why})":
    "Flux {kind} {name} 소유입니다. 변경을 되돌리는지 확인하지 못했습니다({why})",
  "belongs to the Helm release {release}: from step {step} until the run is over, helm upgrade and helm rollback of it fail with a conflict over {fields}, as a dry run shows":
    "Helm 릴리스 {release} 소유입니다. 단계 {step}부터 실행이 끝날 때까지 helm upgrade와 helm rollback은 {fields} 필드의 충돌로 실패합니다(dry-run으로 확인됨)",
  "belongs to the Helm release {release}: until the run is over, helm upgrade and helm rollback of it can fail with a conflict, or write the chart's version back":
    "Helm 릴리스 {release} 소유입니다. 실행이 끝날 때까지 helm upgrade와 helm rollback은 충돌로 실패하거나 차트의 버전을 다시 적용할 수 있습니다",
  "bring the new version into Git before it reconciles again": "다시 reconcile되기 전에 새 버전을 Git에 반영하세요",
  "copy it instead, or write it with changeoverctl report {run}":
    "복사해서 쓰거나 changeoverctl report {run} 명령으로 만드세요",
  "the report cannot be written into {folder}: {why}": "{folder}에 보고서를 저장할 수 없습니다: {why}",
  "by hand, once nobody drives it: {commands}": "진행하는 사람이 없으면 직접 정리하세요: {commands}",
  "change the template so that it is admitted": "거부되지 않도록 템플릿을 고치세요",
  "change {kind} {name} instead": "대신 {kind} {name} 쪽을 변경하세요",
  "changeoverctl resume {id}, or changeoverctl back-out {id}":
    "changeoverctl resume {id} 또는 changeoverctl back-out {id}",
  "changeoverctl take-over {run} -n {namespace}": "넘겨받기: changeoverctl take-over {run} -n {namespace}",
  "check again once the cluster answers": "클러스터가 응답하면 다시 점검하세요",
  "check again; if it stays so, an admission webhook may be down (kubectl get validatingwebhookconfigurations)":
    "다시 점검하세요. 계속 그렇다면 admission webhook이 죽었을 수 있습니다(kubectl get validatingwebhookconfigurations)",
  "check again in a moment; if it stays so, see whether the controller manager of the cluster runs":
    "잠시 뒤 다시 확인하세요. 계속 같다면 클러스터의 컨트롤러 매니저가 실행 중인지 확인하세요",
  "check it by hand, or get the right to read them": "직접 확인하거나 읽기 권한을 받으세요",
  "check the image, or select one (nodeSelector kubernetes.io/arch)":
    "이미지를 확인하거나 아키텍처를 하나로 고정하세요(nodeSelector kubernetes.io/arch)",
  "compare what it held; under a new name it rolls out, and back, with the template":
    "이전 내용과 비교하세요. 새 이름으로 만들면 템플릿과 함께 배포되고 함께 되돌아갑니다",
  "container {container}: its pods run {n} different images under {image}":
    "컨테이너 {container}: {image} 하나에 서로 다른 이미지 {n}종이 실행 중입니다",
  "container {container}: {image} names no version, each node runs what it pulled last":
    "컨테이너 {container}: {image}에 버전이 없어 노드마다 마지막으로 받은 이미지가 실행됩니다",
  "container {names} has no preStop hook: requests still come for up to a second after a pod was told to end":
    "컨테이너 {names}: preStop 훅이 없습니다. 파드에 종료를 알린 뒤에도 최대 1초 동안 요청이 들어옵니다",
  "could not be checked: it is not among the namespaces that were read":
    "확인하지 못했습니다: 조회한 네임스페이스 목록에 없습니다",
  "could not be checked: {kind} were not read ({why})": "확인하지 못했습니다: {kind} 조회 안 됨({why})",
  "counts both colours while both stand: a node drain could take more pods of the serving colour than it allows for one":
    "두 색이 함께 있는 동안 둘을 합쳐서 셉니다. 노드를 drain하면 요청을 처리하는 색의 파드가 허용치보다 많이 빠질 수 있습니다",
  "create it again as it was": "원래대로 다시 생성",
  "create it first, or take it out of the template": "먼저 만들거나 템플릿에서 빼세요",
  "create {object}": "{object} 생성",
  "delete it, and wait until it and its pods are gone": "삭제하고 파드까지 종료될 때까지 대기",
  "delete it, and wait until it is gone": "삭제하고 사라질 때까지 대기",
  "delete {object}": "{object} 삭제",
  "does not scale now ({reason}): the plan goes by the pods that are there":
    "지금 스케일링이 동작하지 않습니다({reason}). 계획은 현재 파드 수를 기준으로 합니다",
  "does not scale now, and gives no reason: the plan goes by the pods that are there":
    "지금 스케일링이 동작하지 않습니다(사유 없음). 계획은 현재 파드 수를 기준으로 합니다",
  "drain no node until one colour is gone": "한 색이 정리될 때까지 노드를 drain하지 마세요",
  "drain no node while the plan runs, or let the budget spare one pod":
    "실행 중에는 노드를 drain하지 마세요. 아니면 PDB에 파드 하나의 여유를 두세요",
  "elects a leader: green takes part from its first pod on, before traffic moves":
    "리더 선출을 합니다. 그린은 트래픽이 옮겨 가기 전, 첫 파드부터 선출에 참여합니다",
  "endpoints of {to} alone, still for {settle} s": "엔드포인트가 {to} 파드뿐인 상태로 {settle}초 유지",
  "every answer is 200 to 399; 5 s each": "모든 응답이 200~399(요청당 최대 5초)",
  "expect failed requests for some seconds at the cutover and at the way back, and probe through the load balancer":
    "전환과 원복 때 몇 초간 요청이 실패합니다. 로드 밸런서를 거쳐 프로브하세요",
  "find out who paused it and why; then: kubectl -n {namespace} rollout resume deployment/{name}":
    "누가 왜 멈췄는지 확인한 뒤 재개하세요: kubectl -n {namespace} rollout resume deployment/{name}",
  "finds the new pods, and not those that run: there is nothing to compare with":
    "새 파드만 찾고 실행 중인 파드는 찾지 못합니다. 비교할 지표가 없습니다",
  "external-dns makes the records of {host} of where its pods are: clients keep blue's for their lifetime":
    "external-dns에서 {host} 레코드를 파드 위치에 따라 만듭니다. 클라이언트는 TTL이 지날 때까지 블루 주소로 접속합니다",
  "external-dns makes the records of {host} of where its pods are: clients keep blue's for their lifetime ({ttl})":
    "external-dns에서 {host} 레코드를 파드 위치에 따라 만듭니다. 클라이언트는 TTL({ttl})이 지날 때까지 블루 주소로 접속합니다",
  "finds the pods that run, and not the new ones: their figures would be missing":
    "실행 중인 파드만 찾고 새 파드는 찾지 못합니다. 새 버전의 지표가 빠집니다",
  "fine if the application goes on answering after SIGTERM; else expect failed requests, and add {hook} next time":
    "SIGTERM 후에도 응답하는 애플리케이션이면 괜찮습니다. 아니면 요청이 실패할 수 있으니 다음에 추가하세요: {hook}",
  "finish it or back it out; where it is another workstation's: changeoverctl take-over {run} -n {namespace}":
    "마무리하거나 원복하세요. 다른 컴퓨터에서 시작했다면 넘겨받으세요: changeoverctl take-over {run} -n {namespace}",
  "finish or back out that run first: changeoverctl runs": "그 실행을 먼저 마무리하거나 원복하세요: changeoverctl runs",
  "gateway {gateway}: {condition} is False ({reason})": "Gateway {gateway}: {condition} 조건이 False입니다({reason})",
  "give it a selector, or move its endpoints by whatever writes them":
    "셀렉터를 지정하거나, 엔드포인트를 관리하는 쪽에서 옮기세요",
  "give those pods a label value of their own; {label} does not count for that":
    "그 파드에 구분되는 라벨 값을 주세요. {label} 라벨로는 구분되지 않습니다",
  "give {object} its minimum back: absent": "{object} 최소값 복원: 없음",
  "give {object} its minimum back: {n}": "{object} 최소값 복원: {n}",
  "give {object} its own selector back": "{object} 원래 셀렉터로 복원",
  "give these labels by the template, or select by those that it gives":
    "이 라벨을 템플릿에 넣거나, 템플릿에 있는 라벨로 선택하세요",
  "give the subset labels that both versions carry, or route to the host without it":
    "두 버전에 모두 있는 라벨로 서브셋을 정의하거나, 서브셋 없이 호스트로 라우팅하세요",
  "green would have {green} pods where blue has {blue}: all its traffic would land on fewer":
    "블루 파드는 {blue}개인데 그린은 {green}개입니다. 전체 트래픽이 더 적은 파드로 몰립니다",
  "green's pods have priority {value}: where the nodes are full they evict pods of lower priority":
    "그린 파드의 우선순위는 {value}입니다. 노드가 가득 차면 우선순위가 낮은 파드를 축출합니다",
  "has externalTrafficPolicy Local, and green's pods may be on none of the nodes that its load balancer sends to ({label})":
    "externalTrafficPolicy가 Local인데, 로드 밸런서가 트래픽을 보내는 노드 중 그린 파드를 띄울 수 있는 노드가 없습니다({label})",
  "let green's pods be on nodes that the load balancer sends to, or switch to Cluster first":
    "로드 밸런서가 트래픽을 보내는 노드에 그린 파드를 띄울 수 있게 하거나, 먼저 Cluster로 바꾸세요",
  "green's pods may not be on {names}, where blue's are (node selector, taints, cordon)":
    "블루 파드가 있는 {names}에는 그린 파드를 띄울 수 없습니다(노드 셀렉터, 테인트, cordon)",
  "green gets {pods} pods, and blue's are in {places} such places":
    "블루 파드는 그런 곳 {places}곳에 있는데 그린 파드는 {pods}개뿐입니다",
  "seems to have changed a schema ({image}): what serves, and what would serve after going back, runs on it":
    "스키마를 변경한 것으로 보입니다({image}). 지금 요청을 처리하는 버전도, 되돌린 뒤 처리할 버전도 그 스키마를 사용합니다",
  "seems to change a schema just now ({image}): what serves runs on it meanwhile":
    "지금 스키마를 변경하는 중인 것으로 보입니다({image}). 그동안에도 현재 버전이 그 스키마를 사용합니다",
  "done: {what}": "완료: {what}",
  "everything is taken back": "모두 되돌렸습니다",
  "goes back: {why}": "원복 시작: {why}",
  "held: {what}": "보류: {what}",
  "it is picked up": "실행을 이어받았습니다",
  "refused before anything was written: {what}": "쓰기 전에 거부됨: {what}",
  "taken back": "되돌렸습니다",
  "taken over by {by}": "{by}에게 인계되었습니다",
  "the run is done": "실행이 끝났습니다",
  "the way back is stuck: {what}": "원복이 막혔습니다: {what}",
  "{by} drives it": "{by} 진행",
  "{choice} is chosen": "{choice} 선택",
  "{gate} is approved": "{gate} 승인",
  "{object}: an earlier write is shut out": "{object}: 앞선 쓰기를 차단함",
  "{object}: changed": "{object}: 변경됨",
  "{object}: created": "{object}: 생성됨",
  "{object}: deleted": "{object}: 삭제됨",
  "{object}: not written: {why}": "{object}: 쓰지 못함: {why}",
  "{object}: scaled": "{object}: 스케일됨",
  "{object}: that write did not land": "{object}: 그 쓰기는 반영되지 않았음",
  "{object}: that write had landed": "{object}: 그 쓰기는 이미 반영됐음",
  "{object}: the marks of the run are taken away": "{object}: 실행 표시를 지움",
  "has externalTrafficPolicy Local: after the cutover nodes without a pod of green drop what comes to them from outside":
    "externalTrafficPolicy가 Local입니다. 전환 후 그린 파드가 없는 노드는 외부에서 온 요청을 버립니다",
  "has internalTrafficPolicy Local: after the cutover clients on nodes without a pod of green reach nothing":
    "internalTrafficPolicy가 Local입니다. 전환 후 그린 파드가 없는 노드의 클라이언트는 연결되지 않습니다",
  "has no ReplicaSet with pods: there is no version in service to stand beside":
    "파드가 있는 ReplicaSet이 없습니다. 그린을 나란히 둘 기존 버전이 없습니다",
  "has publishNotReadyAddresses: it would send traffic to pods that are not ready, and shows all of them as ready":
    "publishNotReadyAddresses가 켜져 있습니다. Ready가 아닌 파드에도 트래픽이 가고 모두 Ready로 보입니다",
  "has sessionAffinity ClientIP: kube-proxy moves such clients with the cutover, a load balancer in front may keep them":
    "sessionAffinity가 ClientIP입니다. 전환 때 kube-proxy는 세션을 함께 옮기지만 앞단의 로드 밸런서는 그대로 둘 수 있습니다",
  "has {condition}, and {n} of {target}'s pods are on it: they may go while the plan runs":
    "{condition} 상태이며 {target} 파드 {n}개가 이 노드에 있습니다. 실행 중에 사라질 수 있습니다",
  "has {n} ReplicaSets with pods: {counts}": "파드가 있는 ReplicaSet이 {n}개입니다: {counts}",
  "have room on the nodes first, or use a class with preemptionPolicy Never":
    "먼저 노드에 여유를 만들거나 preemptionPolicy가 Never인 PriorityClass를 쓰세요",
  "hold {object} at no fewer than {n} pods": "{object} 최소 {n}개로 고정",
  "init container {names} seems to change a schema: it does so while the other version still serves":
    "init 컨테이너 {names}에서 스키마를 변경하는 것으로 보입니다. 다른 버전이 아직 요청을 처리하는 동안 변경됩니다",
  "is being deleted": "삭제 중입니다",
  "is being deleted: nothing can be created in it": "삭제 중이라 아무것도 만들 수 없습니다",
  "is controlled by {kind} {name}: it would take our changes back": "{kind} {name}에서 관리합니다. 변경이 되돌려집니다",
  "is cordoned, and {n} of {target}'s pods are on it: they may go while the plan runs":
    "cordon 상태이며 {target} 파드 {n}개가 이 노드에 있습니다. 실행 중에 사라질 수 있습니다",
  "is driven by {owner}": "{owner}에서 관리합니다",
  "is behind Cloudflare's proxy: what that has cached of the old version is served on, and to probes too":
    "Cloudflare 프록시를 거칩니다. 캐시된 이전 버전의 응답이 계속 나가며, 프로브에도 그 응답이 올 수 있습니다",
  "is headless: clients keep blue's addresses until they look the name up again":
    "headless Service입니다. 클라이언트는 이름을 다시 조회할 때까지 블루 주소로 접속합니다",
  "is in the middle of a run": "실행이 아직 끝나지 않았습니다",
  "is in the middle of a run ({key}: {value})": "실행이 아직 끝나지 않았습니다({key}: {value})",
  "{object}: somebody rolls it, and service {services} leads to the ReplicaSet that goes: nobody answers there once its pods are gone":
    "{object}: 다른 사람이 롤아웃하는 중인데, Service({services})는 사라질 ReplicaSet에 고정되어 있습니다. 그 파드가 사라지면 응답하는 파드가 없습니다",
  "{parent} writes that application, and would turn it on again: pause that first, or change it in the source":
    "이 Application은 {parent}에서 관리하므로 자동 동기화가 다시 켜집니다. 그것부터 멈추거나 원본(Git)에서 바꾸세요",
  "{parent} writes that application, and may turn automation on again in the middle of the run":
    "이 Application은 {parent}에서 관리하므로 실행 도중 자동 동기화가 다시 켜질 수 있습니다",
  "leaves no room for the pods that the rolling update starts first (maxSurge): {name} is {used} of {hard} used, and {needed} more are needed at once":
    "롤링 업데이트가 먼저 띄우는 파드(maxSurge)를 위한 여유가 없습니다: {name} {hard} 중 {used} 사용 중, 한꺼번에 {needed} 더 필요합니다",
  "raise the quota: where maxUnavailable lets no pod go first, the rolling update stands still":
    "쿼터를 늘리세요. maxUnavailable에 따라 먼저 내릴 수 있는 파드가 없으면 롤링 업데이트가 멈춥니다",
  "{surge} more pods are wanted at first by the rolling update (maxSurge), and {nodes} nodes have room for {fits} at most":
    "롤링 업데이트가 먼저 띄우는 파드(maxSurge)가 {surge}개인데, 노드 {nodes}개의 여유는 최대 {fits}개입니다",
  "add nodes: where maxUnavailable lets no pod go first, the rolling update stands still":
    "노드를 추가하세요. maxUnavailable에 따라 먼저 내릴 수 있는 파드가 없으면 롤링 업데이트가 멈춥니다",
  "names no ingress class, and none is the default: most controllers pass it by":
    "Ingress 클래스가 지정되지 않았고 기본 클래스도 없습니다. 대부분의 컨트롤러는 이 Ingress를 처리하지 않습니다",
  "names no ingress class, and was there before one became the default: most controllers pass it by":
    "Ingress 클래스가 지정되지 않았고, 기본 클래스가 정해지기 전에 만들어졌습니다. 대부분의 컨트롤러는 이 Ingress를 처리하지 않습니다",
  "name its class (spec.ingressClassName); a controller may be set up to serve it all the same":
    "클래스를 지정하세요(spec.ingressClassName). 설정에 따라서는 그대로 처리하는 컨트롤러도 있습니다",
  "keeps at least {now} pods for a run: it was {was} before":
    "실행을 위해 최소 파드 수를 {now}개로 올려 두었습니다(원래 {was}개)",
  "is not complete: of {wanted} pods {updated} run the newest template and {available} are available; {all} run in all":
    "롤아웃이 끝나지 않았습니다: 파드 {wanted}개 중 최신 템플릿 {updated}개, 사용 가능 {available}개, 실행 중 전체 {all}개",
  "is not ready, and {n} of {target}'s pods are on it: they may go while the plan runs":
    "Ready가 아니며 {target} 파드 {n}개가 이 노드에 있습니다. 실행 중에 사라질 수 있습니다",
  "is of type ExternalName and answers with {alias}: its selector has no effect and cannot be cut over":
    "ExternalName Service이며 {alias}의 별칭입니다. 셀렉터가 동작하지 않아 전환할 수 없습니다",
  "is paused": "일시 중지 상태입니다",
  "is paused by another run: {why}": "다른 실행에서 일시 중지했습니다: {why}",
  "is pinned to one ReplicaSet ({label}: {hash}): it is empty once that one goes":
    "ReplicaSet 하나에 고정돼 있습니다({label}: {hash}). 그 ReplicaSet이 사라지면 엔드포인트가 없어집니다",
  "is pinned to one ReplicaSet: its selector holds pod-template-hash":
    "ReplicaSet 하나에 고정돼 있습니다: 셀렉터에 pod-template-hash가 있습니다",
  "is written by {kind} {name}, which would put the raised minimum back: blue could shrink in the soak":
    "{kind} {name}에서 관리하므로 올려 둔 최소값이 되돌려집니다. 관찰 중에 블루가 줄어들 수 있습니다",
  "is {why}": "일시 중지 상태입니다: {why}",
  "it is gone": "삭제 완료",
  "it was deleted and created again since the plan was made": "계획을 만든 뒤에 삭제됐다가 다시 생성됐습니다",
  "it was let go, nobody drives it": "손을 뗀 상태이며 지금 진행하는 사람이 없습니다",
  "its autoscaler is held": "HPA가 고정돼 있습니다",
  "its endpoints carry no port of the service": "엔드포인트에 Service의 포트가 없습니다",
  "its load balancer sends to pods directly ({sign}): it has no target while green's pods are being registered":
    "로드 밸런서가 파드로 직접 보냅니다({sign}). 그린 파드가 등록되는 동안 보낼 대상이 없습니다",
  "its newest change has not been seen by the deployment controller yet":
    "최근 변경을 Deployment 컨트롤러가 아직 읽지 않았습니다",
  "its pod template was changed since the plan was made": "계획을 만든 뒤에 파드 템플릿이 바뀌었습니다",
  "its pods are gone": "파드 종료 완료",
  "its pods are ready only once another controller has set {conditions} on each of them":
    "다른 컨트롤러가 파드마다 조건을 설정해야 Ready가 됩니다: {conditions}",
  "its pods keep apart by {key}: both colours want {wanted} such places, and there are {places}":
    "파드를 {key} 기준으로 떨어뜨려 배치합니다. 두 색에 {wanted}곳이 필요한데 {places}곳뿐입니다",
  "its pods may land on nodes of {architectures}: the new image must be built for each of them":
    "아키텍처가 다른 노드에 배치될 수 있습니다({architectures}). 새 이미지가 모두 지원해야 합니다",
  "its pods take port {ports} of their node: blue's {blue} and green's {green} want {wanted} nodes, and {nodes} can be used":
    "파드가 노드의 포트를 씁니다({ports}). 블루 {blue}개와 그린 {green}개에 노드 {wanted}개가 필요한데 쓸 수 있는 노드는 {nodes}개입니다",
  "its record cannot be read: {why}": "기록을 읽을 수 없습니다: {why}",
  "its selector also matches green's pods": "셀렉터가 그린 파드도 선택합니다",
  "its services are pinned": "Service가 고정돼 있습니다",
  "keep that port in the new template, or change the monitor first":
    "새 템플릿에 그 포트를 유지하거나, 모니터를 먼저 변경하세요",
  "keeps and drops pods by their label {label}, which differs: figures of one version would be missing":
    "두 버전에서 값이 다른 라벨({label})로 파드를 거릅니다. 한쪽 버전의 지표가 빠집니다",
  "keeps no old ReplicaSet (revisionHistoryLimit 0): kubectl rollout undo and Changeover's own rollback will find nothing":
    "이전 ReplicaSet을 남기지 않습니다(revisionHistoryLimit 0). kubectl rollout undo도 Changeover의 롤백도 되돌릴 리비전을 찾지 못합니다",
  "keeps one old ReplicaSet (revisionHistoryLimit 1): a rollback can go back one revision only":
    "이전 ReplicaSet을 하나만 남깁니다(revisionHistoryLimit 1). 바로 앞 리비전으로만 롤백할 수 있습니다",
  "keeps traffic near ({wish}): a zone with few pods of green sends them all that it has":
    "트래픽을 가까운 파드로 보냅니다({wish}). 그린 파드가 적은 zone에서는 그 zone의 트래픽이 모두 그 파드로 몰립니다",
  "their last sign of life is of {at}, by their clock, and none came in {n} s":
    "마지막 신호는 {at}(상대 시계 기준)이며, {n}초 동안 새 신호가 없었습니다",
  "leads to blue's pods by endpoints that are written by hand: it stays on blue, and fails once blue goes":
    "직접 작성된 엔드포인트로 블루 파드에 연결됩니다. 전환 후에도 블루에 남고, 블루가 정리되면 끊깁니다",
  "let green have as many pods as blue, or make sure that fewer can carry the load":
    "그린 파드를 블루만큼 두거나, 더 적은 파드로 부하를 감당할 수 있는지 확인하세요",
  "leaves no room for green: {name} is {used} of {hard} used, and {needed} more are needed":
    "그린을 띄울 여유가 없습니다: {name} {hard} 중 {used} 사용 중, {needed} 더 필요",
  "let it finish, or roll it back, then make the plan again": "끝나기를 기다리거나 롤백한 뒤 계획을 다시 만드세요",
  "let its rollout finish, or roll it back, then make the plan again":
    "롤아웃이 끝나기를 기다리거나 롤백한 뒤 계획을 다시 만드세요",
  "let nobody sync it until the run is over, and bring the new version into Git before":
    "새 버전을 먼저 Git에 반영하고, 실행이 끝날 때까지 아무도 sync하지 않게 하세요",
  "lets the pods that run through to others, and not the new ones":
    "실행 중인 파드의 통신만 허용하고 새 파드는 허용하지 않습니다",
  "look at the change, then make the plan again": "변경 내용을 확인한 뒤 계획을 다시 만드세요",
  "make it a ClusterIP service, or take its selector away if it is meant as an alias":
    "ClusterIP Service로 바꾸거나, 별칭으로 쓸 것이면 셀렉터를 빼세요",
  "make sure that both versions may work on the same queue, or let the new template start without consuming":
    "두 버전이 같은 큐를 처리해도 되는지 확인하거나, 새 템플릿을 큐를 소비하지 않는 상태로 시작하세요",
  "make sure that both versions work on the schema before and after it: going back does not undo it":
    "변경 전후의 스키마에서 두 버전이 모두 동작하는지 확인하세요. 원복해도 스키마는 되돌아가지 않습니다",
  "make sure that green stands on every node that has clients, or switch to Cluster first":
    "클라이언트가 있는 모든 노드에 그린을 두거나, 먼저 Cluster로 바꾸세요",
  "make sure that these are enough for the traffic that is expected": "그 파드 수가 예상 트래픽에 충분한지 확인하세요",
  "make sure that it does not: argocd app set {name} --sync-policy none":
    "selfHeal을 끄세요: argocd app set {name} --sync-policy none",
  "make sure that the new version can do without it": "새 버전이 이것 없이도 동작하는지 확인하세요",
  "make sure that the new version listens there": "새 버전이 그 포트에서 응답하는지 확인하세요",
  "make sure that this controller looks after the new pods too; if it does not, the deadline ends the run before the cutover":
    "그 컨트롤러가 새 파드도 처리하는지 확인하세요. 처리하지 않으면 최대 대기 시간이 지나 전환 전에 끝납니다",
  "make sure that this is meant: green would run like that": "의도한 변경인지 확인하세요. 그린은 이대로 실행됩니다",
  "make sure that two versions may share the election, or give the new template a lease of its own":
    "두 버전이 같은 선출에 참여해도 되는지 확인하거나, 새 템플릿에 별도의 Lease를 지정하세요",
  "make the plan again": "계획을 다시 만드세요",
  "move traffic at the load balancer between two services, not at the selector of this one":
    "이 Service의 셀렉터를 바꾸지 말고, 로드 밸런서에서 두 Service 사이로 트래픽을 옮기세요",
  "move what is large in the template (annotations, variables, arguments) into a ConfigMap or Secret":
    "템플릿에서 큰 값(주석, 환경 변수, 인자)을 ConfigMap이나 Secret으로 옮기세요",
  "move the traffic of {services} from {from} to {to}": "{services} 트래픽 전환: {from} → {to}",
  "name a URL that answers from here as probe, or start with --resolve HOST:PORT:ADDRESS to say where the host is; an empty list of probes asks none":
    "여기서 응답하는 URL을 프로브로 지정하거나, --resolve HOST:PORT:ADDRESS로 호스트의 주소를 지정해 시작하세요. 프로브를 비우면 요청하지 않습니다",
  "name a class that is (kubectl get ingressclasses)": "있는 IngressClass를 지정하세요(kubectl get ingressclasses)",
  "name a container port {name} in the template": "템플릿에 이 이름의 컨테이너 포트를 추가하세요: {name}",
  "name the version, best by digest (image@sha256:…)":
    "버전을 명시하세요. 다이제스트가 가장 확실합니다(image@sha256:…)",
  "names ingress class {class}, which is not there: no controller serves it":
    "지정된 IngressClass가 없습니다({class}). 처리하는 컨트롤러가 없습니다",
  "never reports a failed rollout (progressDeadlineSeconds 2147483647)":
    "롤아웃이 실패해도 보고되지 않습니다(progressDeadlineSeconds 2147483647)",
  "no container of the new template has a readiness probe: its pods count as ready before they serve":
    "새 템플릿에 readinessProbe가 없습니다. 요청을 처리하기 전부터 파드가 Ready로 간주됩니다",
  "no controller has accepted it": "받아들인 컨트롤러가 없습니다",
  "no mark says which run": "어느 실행인지 표시가 없습니다",
  "no ready endpoint": "Ready 엔드포인트가 없습니다",
  "no ready endpoint, {n} not ready": "Ready 엔드포인트가 없습니다(준비 안 됨 {n}개)",
  "no smoke check: it was declined, no port is known, or the readiness probe speaks HTTPS; green is judged by readiness alone":
    "점검 요청이 없습니다(점검을 뺐거나, 포트를 모르거나, readinessProbe가 HTTPS임). 그린을 Ready 여부로만 판단합니다",
  "nothing was done yet": "아직 한 일이 없습니다",
  "nothing was rolled out from here yet": "여기서 배포한 적이 없습니다",
  "only one node can mount it at a time, and both colours would: two versions cannot stand side by side":
    "노드 하나에서만 마운트할 수 있는데 두 색이 모두 마운트합니다. 두 버전을 나란히 둘 수 없습니다",
  "only one pod can mount it at a time, and both colours would: two versions cannot stand side by side":
    "파드 하나에서만 마운트할 수 있는데 두 색이 모두 마운트합니다. 두 버전을 나란히 둘 수 없습니다",
  "pause again": "다시 일시 중지",
  "pause it first: kubectl annotate scaledobject {name} autoscaling.keda.sh/paused=true; then make the plan again":
    "먼저 일시 중지하고 계획을 다시 만드세요: kubectl annotate scaledobject {name} autoscaling.keda.sh/paused=true",
  "pause it: {pause} (or: {by_hand}); afterwards: {resume}":
    "일시 중지하세요: {pause} (또는 {by_hand}); 끝난 뒤: {resume}",
  "pause it: {pause}; afterwards put it back: {restore}": "일시 중지하세요: {pause}; 끝난 뒤 되돌리기: {restore}",
  "pause {kind} {name}, or raise the minimum there; then make the plan again":
    "{kind} {name} 쪽을 일시 중지하거나 그쪽의 최소값을 올린 뒤 계획을 다시 만드세요",
  "pause {object}": "{object} 일시 중지",
  "pin {object} to the pods of {blue}": "{object} 고정: {blue} 파드",
  "port {port} leads to the container port named {name} ({protocol}), which the new template does not have: its traffic would time out":
    "포트 {port}의 대상인 컨테이너 포트가 새 템플릿에 없습니다: {name} ({protocol}). 요청이 시간 초과됩니다",
  "port {port} leads to {number}/{protocol}, which no container declares: it may not be served":
    "포트 {port}의 대상을 선언한 컨테이너가 없습니다: {number}/{protocol}. 응답이 없을 수 있습니다",
  "probe through the entry, not only inside the cluster, before retiring blue":
    "블루를 정리하기 전에 클러스터 내부뿐 아니라 진입점으로도 프로브하세요",
  "raise revisionHistoryLimit; this run keeps the old template in its journal":
    "revisionHistoryLimit을 늘리세요. 이번 실행의 이전 템플릿은 저널에 보관됩니다",
  "raise the quota, or give green fewer pods (green = N)":
    "ResourceQuota를 늘리거나 그린 파드 수를 줄이세요(green = N)",
  "resizes {name} (updateMode {mode}): it may evict pods of blue while both colours stand":
    "{name} 파드의 크기를 조정합니다(updateMode {mode}). 두 색이 함께 있는 동안 블루 파드를 축출할 수 있습니다",
  "resume it or back it out on the workstation that started it": "시작한 컴퓨터에서 이어서 진행하거나 원복하세요",
  "resume {object}": "{object} 재개",
  "revision {revision} ({images}) is written back, as a rolling update":
    "리비전 {revision}의 템플릿을 롤링 업데이트로 되돌립니다({images})",
  "revision {revision} still takes {share} % of the requests beside a newer one":
    "새 리비전이 있는데도 리비전 {revision}에서 요청의 {share} %를 처리하고 있습니다",
  "roll it out through {kind} {name}": "{kind} {name}에서 롤아웃하세요",
  "run no helm on {release} meanwhile; after a swap its next upgrade starts the retired version again beside the new one, and both get traffic: choose finish = promote":
    "그동안 {release} 릴리스에 helm을 실행하지 마세요. swap 후 다음 helm upgrade는 정리된 이전 버전을 새 버전 옆에 다시 띄워 둘 다 트래픽을 받게 하므로 finish = promote를 선택하세요",
  "run no helm on {release} meanwhile; put the new version into the chart's values before the next helm upgrade":
    "그동안 {release} 릴리스에 helm을 실행하지 마세요. 다음 helm upgrade 전에 새 버전을 차트 values에 반영하세요",
  "this workstation's clock is {seconds} s behind the API server's: times and ages that it tells are off by that":
    "이 컴퓨터의 시계가 API 서버보다 {seconds}초 느립니다. 표시되는 시각과 경과 시간이 그만큼 어긋납니다",
  "this workstation's clock is {seconds} s ahead of the API server's: times and ages that it tells are off by that":
    "이 컴퓨터의 시계가 API 서버보다 {seconds}초 빠릅니다. 표시되는 시각과 경과 시간이 그만큼 어긋납니다",
  "have its clock set by a time server (NTP); waits and Leases of the run do not go by it":
    "시계를 NTP로 맞추세요. 실행의 대기와 Lease는 이 시계를 쓰지 않습니다",
  "run {id} is being driven by process {pid} of this workstation":
    "실행 {id}: 이 컴퓨터의 프로세스 {pid}에서 진행 중입니다",
  "run {runs}, which is not in this journal": "실행 {runs}: 이 저널에 없습니다",
  "run {runs}, which is over": "실행 {runs}: 이미 끝났습니다",
  "run {run} of it is not over; {by} drove it last, and it stands at: {status}":
    "실행 {run}: 아직 끝나지 않았습니다. 마지막으로 진행한 쪽은 {by}, 상태는 {status}입니다",
  "run {run} of {by} stands at: {status}": "실행 {run}({by}): 상태 {status}",
  "run {run} of {by} stands at: {status} at {step}": "실행 {run}({by}): 상태 {status}, {step} 단계",
  "run {run}: it is over, nothing stays behind": "실행 {run}: 끝났고 남은 것이 없습니다",
  "run {run}: left, to be resumed": "실행 {run}: 중단됐으며 이어서 진행할 수 있습니다",
  "run {run}: {by} drives it; nothing of it is written from here":
    "실행 {run}: 다른 곳에서 진행 중입니다({by}). 여기서는 클러스터를 변경하지 않습니다",
  "scale back up and wait until ready": "다시 늘리고 Ready 대기",
  "scale it up first, or change it in place": "먼저 파드를 늘리거나, 블루/그린 없이 지금 Deployment를 변경하세요",
  "scale to what it was": "원래 파드 수로 복원",
  "scale {object} to {n}": "{object} 파드 수 변경: {n}개",
  "scales blue and came after the plan was made": "블루를 스케일링하며, 계획을 만든 뒤에 생겼습니다",
  "scales blue while both colours stand, and would shrink what the way back needs":
    "두 색이 함께 있는 동안 블루를 스케일링하므로 원복에 필요한 파드가 줄어들 수 있습니다",
  "purge its cache after the cutover, and probe an address that it does not cache":
    "전환 뒤 캐시를 비우고, 캐시되지 않는 주소로 프로브하세요",
  "seems to be slow at first ({signs}): ready does not mean warm, and the cutover sends it all of blue's traffic at once":
    "시작 직후에는 느린 것으로 보입니다({signs}). Ready여도 워밍업이 끝난 것은 아니며, 전환하면 블루 트래픽이 한꺼번에 몰립니다",
  "seems to take work from a queue ({signs}): green does so from its first pod on, before traffic moves":
    "큐에서 작업을 가져오는 것으로 보입니다({signs}). 그린은 트래픽이 옮겨 가기 전, 첫 파드부터 작업을 가져갑니다",
  "runs {image} by its schedule ({schedule}), and goes on with that: the plan replaces the image of {workload} alone":
    "스케줄({schedule})에 따라 {image} 이미지로 계속 실행됩니다. 이 계획은 {workload}의 이미지만 바꿉니다",
  "is at work with {image}, and goes on with that: the plan replaces the image of {workload} alone":
    "{image} 이미지로 작업 중이며 그대로 이어집니다. 이 계획은 {workload}의 이미지만 바꿉니다",
  "make sure that both versions may work on the same data, or let it rest for as long as the plan runs: {command}":
    "두 버전이 같은 데이터를 다뤄도 되는지 확인하거나, 계획을 실행하는 동안 멈춰 두세요: {command}",
  "wait until it is done, or make sure that both versions may work on the same data: {command}":
    "끝날 때까지 기다리거나, 두 버전이 같은 데이터를 다뤄도 되는지 확인하세요: {command}",
  "select Services by a label of their own, or count by pods":
    "Service 고유의 라벨로 선택하거나, 파드 기준으로 집계하세요",
  "select by labels that both versions carry": "두 버전에 모두 있는 라벨로 선택하세요",
  "selector back to {selector}, once no pod of the other colour is left that it would match":
    "다른 색 파드가 선택되지 않게 되면 셀렉터 복원: {selector}",
  "selector matches {n} workloads ({names})": "셀렉터가 워크로드 {n}개를 함께 선택합니다({names})",
  "selector {labels} matches no pod": "셀렉터 {labels}에 맞는 파드가 없습니다",
  "selects the new pods, and not those that run: it may cut them off from what they need":
    "새 파드만 선택하고 실행 중인 파드는 선택하지 않습니다. 새 파드에 필요한 통신이 막힐 수 있습니다",
  "selects the pods that run, and not the new ones: these would not be isolated by it":
    "실행 중인 파드만 선택하고 새 파드는 선택하지 않습니다. 새 파드는 격리되지 않습니다",
  "set publishNotReadyAddresses to false for the time of the run":
    "실행하는 동안 publishNotReadyAddresses를 false로 두세요",
  "set smokePath and smokePort to something that proves that it works":
    "동작을 확인할 수 있는 smokePath와 smokePort를 지정하세요",
  "set the selector of {object}, keeping the pods of {blue}": "{object} 셀렉터 변경({blue} 파드 유지)",
  "set updateMode to Off until the run is over; after a swap point it at the new name":
    "실행이 끝날 때까지 updateMode를 Off로 두고, swap 후에는 대상을 새 이름으로 바꾸세요",
  "selects the pods that run by {labels}, which their template does not give, and green's too: green gets traffic before the cutover":
    "템플릿에 없는 라벨({labels})로 실행 중인 파드를 선택하며, 그린 파드도 선택합니다. 전환 전부터 그린에 트래픽이 갑니다",
  "selects the pods that run by {labels}, which their template does not give: the new ones get nothing of what comes through it":
    "템플릿에 없는 라벨({labels})로 실행 중인 파드를 선택합니다. 이 Service로 오는 트래픽은 새 파드로 가지 않습니다",
  "send all of it to one version first, or make sure that both may go on answering":
    "먼저 한 버전으로 모두 보내거나, 두 버전이 함께 응답해도 되는지 확인하세요",
  "send it requests through the preview Service at the first gate, until it answers as fast as blue":
    "첫 승인 단계에서 프리뷰 Service로 요청을 보내, 블루만큼 빨리 응답할 때까지 워밍업하세요",
  "sends {share} % of its requests to the services of this plan, and the rest to backends that are no services: the cutover moves that part alone":
    "요청의 {share} %만 이 계획의 Service로 보내고, 나머지는 Service가 아닌 백엔드로 보냅니다. 전환해도 그 비율만 옮겨집니다",
  "sends {share} % of its requests to the services of this plan, and the rest to {others}: the cutover moves that part alone":
    "요청의 {share} %만 이 계획의 Service로 보내고, 나머지는 다른 곳({others})으로 보냅니다. 전환해도 그 비율만 옮겨집니다",
  "shares its DNS name with other records (this one is {record}): the cutover moves its own part alone":
    "같은 DNS 이름을 다른 레코드와 나눠 씁니다(이 레코드: {record}). 전환해도 이쪽으로 오는 요청만 옮겨집니다",
  "shares its host and path with ingress {other}, one of them a canary: the cutover moves its own part alone":
    "Ingress {other}: 호스트와 경로가 같고 둘 중 하나가 카나리입니다. 전환해도 이쪽으로 오는 요청만 옮겨집니다",
  "simulated pods: smoke checks and probes have no data here": "모의 파드입니다. 점검과 프로브 결과가 없습니다",
  "soak for longer than the clients cache DNS, and retire blue late":
    "클라이언트의 DNS 캐시보다 오래 관찰하고, 블루는 늦게 정리하세요",
  "spread green over the nodes that blue is on, or switch to Cluster first; soak longer than the load balancer's health check takes":
    "블루가 있는 노드에 그린도 고루 두거나 먼저 Cluster로 바꾸세요. 관찰 시간은 로드 밸런서의 헬스 체크보다 길게 잡으세요",
  "spread green over the zones as blue is (topologySpreadConstraints)":
    "그린도 블루처럼 zone에 고루 두세요(topologySpreadConstraints)",
  "step {step} is refused: {why}": "{step} 단계가 거부됩니다: {why}",
  "the plan narrows it to the pods of {blue} before green starts; no endpoint changes by that":
    "계획이 그린을 띄우기 전에 {blue} 파드로 좁힙니다. 엔드포인트는 바뀌지 않습니다",
  "the plan raises its minimum to the pods that are there; the finish puts it back":
    "계획이 최소값을 현재 파드 수로 올리고, 마무리에서 되돌립니다",
  "still stands from the run {run}": "실행 {run}에서 만든 것이 남아 있습니다",
  'targetPort "{port}" is in no container of {workload}':
    "targetPort “{port}”: {workload}의 어느 컨테이너에도 없습니다",
  "template and unpause are written in one patch, so that nothing else rolls out":
    "템플릿과 재개를 patch 하나로 함께 써서 다른 변경은 롤아웃되지 않습니다",
  "the deployment controller will tell once green is scaled up": "그린을 늘릴 때 Deployment 컨트롤러에서 드러납니다",
  "the minimum as it was": "최소값 복원",
  "the minimum back to {n}": "최소값 복원: {n}",
  "the new template names it as optional, and it is not there": "새 템플릿에서 optional로 참조하는데 없습니다",
  "the new template needs it, and it is not there: pods would not start":
    "새 템플릿에 필요한데 없습니다. 파드가 시작되지 않습니다",
  "the operator; this time counts against no deadline": "승인(제한 시간에 포함되지 않음)",
  "the plan is bound to the cluster at {server} ({uid}); context {context} leads to another one":
    "계획을 만든 클러스터는 {server} ({uid})입니다. 컨텍스트 {context}의 클러스터와 다릅니다",
  "the record of this run may be full before it is all the way back ({needed} of {room} KiB): from there on nobody else would see it; its pod template has {template} KiB":
    "실행 기록이 원복이 끝나기 전에 가득 찰 수 있습니다({room} KiB 중 {needed} KiB). 그때부터는 다른 사람이 볼 수 없습니다. 파드 템플릿 크기는 {template} KiB입니다",
  "the record of this run may come to {needed} KiB, and a ConfigMap or Secret holds {room}: its pod template has {template} KiB":
    "실행 기록이 {needed} KiB까지 커질 수 있는데 ConfigMap이나 Secret에는 {room} KiB까지만 담깁니다. 파드 템플릿 크기는 {template} KiB입니다",
  "the run goes on without: the autoscaler may take pods away meanwhile":
    "이 단계 없이 실행이 계속됩니다. 그동안 오토스케일러가 파드를 줄일 수 있습니다",
  "the run has a deadline of its own: {deadline} s": "실행에 자체 제한 시간이 있습니다: {deadline}초",
  "the run is over; going back is a run of its own": "실행이 끝났습니다. 되돌리려면 새로 실행해야 합니다",
  "the same ready endpoints as before, all of {blue}": "Ready 엔드포인트가 이전과 같고 모두 {blue} 파드",
  "the selectors back, in reverse order, if {blue} has enough available pods":
    "사용 가능한 {blue} 파드가 충분하면 셀렉터를 역순으로 복원",
  "the services follow each other by up to 1 s": "Service 간 시차 최대 1초",
  "subset {name} knows the pods that run, and not the new ones: what is sent to it finds nobody after the cutover":
    "서브셋 {name}: 실행 중인 파드만 해당하고 새 파드는 해당하지 않습니다. 전환 뒤 이 서브셋으로 보내는 요청은 받을 파드가 없습니다",
  "subset {name} knows the pods that run, and not the new ones: what {route} sends to it finds nobody after the cutover":
    "서브셋 {name}: 실행 중인 파드만 해당하고 새 파드는 해당하지 않습니다. 전환 뒤 {route}에서 이 서브셋으로 보내는 요청은 받을 파드가 없습니다",
  "the tag was moved; name the version by digest": "태그가 옮겨졌습니다. 다이제스트로 버전을 명시하세요",
  "the template and pause as they were": "템플릿과 일시 중지 상태 복원",
  "the text names the policy; change what is written, or ask its owner":
    "메시지에 정책 이름이 있습니다. 변경 내용을 고치거나 정책 담당자에게 문의하세요",
  "the way back from {step} is refused: {why}": "{step} 단계의 원복이 거부됩니다: {why}",
  "then {asked} answered by {to}": "이후 {to} 파드의 응답 확인: {asked}",
  "then {asked} answered by {to} (if it answered from here before)":
    "이후 {to} 파드의 응답 확인: {asked} (전에 여기서 응답한 경우만)",
  "they drive it": "지금 진행 중입니다",
  "traffic has moved": "트래픽이 옮겨졌습니다",
  "traffic is moving back to {object}, and not all of it is there":
    "트래픽을 {object} 쪽으로 되돌리는 중이며, 아직 다 옮겨지지 않았습니다",
  "traffic is moving to {object}, and that is not proven yet":
    "트래픽을 {object} 쪽으로 옮기는 중이며, 아직 확인되지 않았습니다",
  "traffic is where it was": "트래픽은 원래대로입니다",
  "traffic moves back first, then what was made for the new version is taken away":
    "트래픽을 먼저 되돌린 뒤 새 버전을 위해 만든 것을 지웁니다",
  "nothing was written: there is nothing to go back from": "클러스터를 변경하지 않았으므로 원복할 것이 없습니다",
  "what the run did is taken back already": "이 실행이 한 일은 이미 되돌렸습니다",
  "rollouts of it are paused": "롤아웃 일시 중지됨",
  "{name}: nothing to go back from": "{name}: 원복할 것 없음",
  "unpause, if template and pause are still as written": "템플릿과 일시 중지가 그대로면 재개",
  "use a volume of mode ReadWriteMany, or replace the pods in place (strategy Recreate)":
    "ReadWriteMany 볼륨을 쓰거나, 파드를 제자리에서 교체하세요(strategy Recreate)",
  "use another namespace": "다른 네임스페이스를 쓰세요",
  "use the kubeconfig that it was made with, or make the plan again here":
    "계획을 만들 때의 kubeconfig를 쓰거나, 여기서 계획을 다시 만드세요",
  "wait for the operator: {gate}": "승인 대기: {gate}",
  "wait until it is gone, then make a new one": "삭제가 끝나기를 기다린 뒤 새로 만드세요",
  "wait until the node is well, or the pods are elsewhere":
    "노드가 정상이 되거나 파드가 다른 노드로 옮겨질 때까지 기다리세요",
  "wait until {n} pods of {object} are ready": "{object} 파드 {n}개 Ready 대기",
  "wait until {object} runs its newest template alone": "{object} 최신 템플릿만 남을 때까지 대기",
  "was changed at {at}, after pods of blue had started: green reads what it holds now":
    "블루 파드가 시작된 뒤에 변경됐습니다({at}). 그린은 지금 내용을 읽습니다",
  "was made by a run, and nothing needs it any more once that is over":
    "실행에서 만든 것이며, 그 실행이 끝나면 필요 없습니다",
  "was paused by a run ({key}: {value})": "실행에서 일시 중지했습니다({key}: {value})",
  "what comes through it is not served; mend the route first":
    "이 라우트로 온 요청은 처리되지 않습니다. 먼저 라우트를 고치세요",
  "what was prepared is taken away; what serves is not touched":
    "준비한 것만 정리하며, 요청을 처리 중인 쪽은 건드리지 않습니다",
  "whether a pod of the new template is admitted is not known: no clear answer to its dry run ({why})":
    "새 템플릿의 파드가 받아들여질지 알 수 없습니다: dry-run에 명확한 응답이 없습니다({why})",
  "whether pods of the new template are admitted could not be checked: you may not create pods":
    "새 템플릿의 파드가 받아들여질지 확인하지 못했습니다: 파드 생성 권한이 없습니다",
  "whether step {step} is admitted is not known: no clear answer to its dry run ({why})":
    "{step} 단계가 받아들여질지 알 수 없습니다: dry-run에 명확한 응답이 없습니다({why})",
  "whether the way back from {step} is admitted is not known: no clear answer to its dry run ({why})":
    "{step} 단계의 원복이 받아들여질지 알 수 없습니다: dry-run에 명확한 응답이 없습니다({why})",
  "whether the writes are admitted could not be checked: no dry run was made":
    "쓰기가 받아들여질지 확인하지 못했습니다: dry-run을 하지 않았습니다",
  "write the pod template of {object}": "{object} 파드 템플릿 변경",
  "you may not {what}: its autoscaler goes on by itself meanwhile, and may take pods away":
    "권한이 없습니다: {what}. 그동안 오토스케일러가 고정되지 않아 파드를 줄일 수 있습니다",
  "you may not {what}; needed by the record": "권한이 없습니다: {what} (실행 기록에 필요)",
  "you may not {what}; needed by the record: nobody else will see this run, or can take it over":
    "권한이 없습니다: {what} (실행 기록에 필요). 다른 사람에게는 이 실행이 보이지 않으며 넘겨받을 수도 없습니다",
  "you may not {what}; needed by {by}": "권한이 없습니다: {what} (필요한 곳: {by})",
  "{name} is complete": "{name} 롤아웃 완료",
  "{name} is complete and the endpoints of {service} are its pods alone, on every port":
    "{name} 롤아웃 완료, 모든 포트에서 {service} 엔드포인트가 이 파드뿐",
  "{name} is complete, with no pod of the old template left": "{name} 롤아웃 완료, 이전 템플릿의 파드 없음",
  "{object} does not exist": "{object}: 존재하지 않습니다",
  "{object} has no port {port}": "{object}에 포트 {port}번이 없습니다",
  "{object} is paused": "{object}: 일시 중지 상태입니다",
  "{object} serves": "{object}에서 요청을 처리하고 있습니다",
  "{object} stands beside it": "{object}도 함께 떠 있습니다",
  "{time}; evidence against it flips back, missing evidence does not":
    "{time}(이상이 확인되면 블루로 되돌림, 확인 불가만으로는 되돌리지 않음)",
  "{serving} serves and {standby} stands by for {time}": "{serving} 요청 처리, {standby} 대기: {time}",
  "{unasked} permissions could not be checked: the API server was not asked, or did not answer":
    "권한 {unasked}건을 확인하지 못했습니다: API 서버에 묻지 않았거나 응답이 없었습니다",
  "{url} answers from here ({detail}); it is asked again after the cutover":
    "{url}: 여기서 응답합니다({detail}). 전환 후 다시 요청합니다",
  "{url} answers with an error already ({detail}); it was asked for, so the cutover would be taken back":
    "{url}: 이미 오류로 응답합니다({detail}). 지정된 프로브이므로 전환해도 되돌려집니다",
  "{url} answers with an error already ({detail}); unless it recovers before the cutover, it is left out of the proof":
    "{url}: 이미 오류로 응답합니다({detail}). 전환 전에 회복되지 않으면 확인에서 제외합니다",
  "{url} does not answer from here ({detail}); it was asked for, so the run would hold after the cutover":
    "{url}: 여기서 응답이 없습니다({detail}). 지정된 프로브이므로 전환 후 멈추고 물어봅니다",
  "{url} does not answer from here ({detail}); unless it does at the cutover, the proof rests on the endpoints alone":
    "{url}: 여기서 응답이 없습니다({detail}). 전환 때도 응답이 없으면 엔드포인트로만 확인합니다",
  "{wanted} more pods are wanted, and {nodes} nodes have room for {fits} at most":
    "파드 {wanted}개가 더 필요한데, 노드 {nodes}개에 들어갈 수 있는 것은 최대 {fits}개입니다",
  "was changed at {at}, after what runs now had come: if that is what broke, going back does not mend it":
    "{at}에 변경됐습니다. 지금 버전이 배포된 뒤이므로, 이것이 원인이면 롤백해도 해결되지 않습니다",
  "was changed at {at}, after the version that comes back had come: its pods start with what it holds now":
    "{at}에 변경됐습니다. 되돌릴 버전이 배포된 뒤이므로, 그 버전도 지금 내용을 읽습니다",
  "compare what it held; put that back as well, or instead":
    "이전 내용과 비교해 보고, 그 내용도 함께(또는 그것만) 되돌리세요",
  "compare what it held then: this way back does not restore it":
    "이전 내용과 비교해 보세요. 롤백으로는 되돌아오지 않습니다",
  "{n} of its pods are ready now": "지금 Ready인 파드 {n}개",
  "its pods fail now: {reason}": "지금 파드가 실패하고 있습니다: {reason}",
  "its pods were warned about: {reason}": "파드에 경고 이벤트가 있었습니다: {reason}",
  "its rollout was complete": "롤아웃이 완료됐던 버전입니다",
  "its rollout was not complete within its deadline": "기한 안에 롤아웃이 완료되지 않았습니다",
  "run {run} brought it in, checked it and ended well": "실행 {run}에서 배포하고 점검까지 마쳤습니다",
  "was the current revision for {time}": "{time} 동안 현재 리비전이었습니다",
  "was the current revision for {time} only": "{time} 동안만 현재 리비전이었습니다",
  "image {image} is on no node: it has to be pulled, and may be gone":
    "이미지가 어느 노드에도 없습니다: {image}. 새로 받아야 하며, 레지스트리에 없을 수도 있습니다",
  "image {image} is asked for at its registry at every start, and may be gone (imagePullPolicy: Always)":
    "파드가 시작할 때마다 레지스트리에 이미지를 확인하며(imagePullPolicy: Always), 레지스트리에 없을 수도 있습니다: {image}",
  "image {image} is on every node": "이미지가 모든 노드에 있습니다: {image}",
  "image {image} is on {n} of {all} nodes": "이미지가 노드 {all}개 중 {n}개에 있습니다: {image}",
  "image {image} can have changed since: its tag is not fixed":
    "고정 태그가 아니어서 그사이 바뀌었을 수 있는 이미지입니다: {image}",
  "another service account than now": "지금과 다른 ServiceAccount를 씁니다",
  "other ports than now": "지금과 포트가 다릅니다",
  "another readiness probe than now": "지금과 readinessProbe가 다릅니다",
  "{object} changed after it came": "배포된 뒤에 변경됐습니다: {object}",
  "rolled out before as {numbers}": "이전 리비전 번호: {numbers}",
  "rolled out before, under another number": "전에도 다른 번호로 배포됐습니다",
  "it is what runs now": "지금 실행 중인 버전입니다",
  "its labels do not satisfy the selector of the {kind}": "레이블이 {kind} 셀렉터와 맞지 않습니다",
  "it needs what is gone: {gone}": "필요한 오브젝트가 없어졌습니다: {gone}",
  "number of pods, strategy, selector, minReadySeconds and revisionHistoryLimit of the workload":
    "워크로드의 파드 수, 전략, 셀렉터, minReadySeconds, revisionHistoryLimit",
  "contents of ConfigMaps and Secrets: the same names now hold the new contents":
    "ConfigMap과 Secret의 내용: 같은 이름에 지금 내용이 그대로 남습니다",
  "Services, Ingresses and routes": "Service, Ingress, 라우트",
  "autoscalers, disruption budgets and network policies": "오토스케일러, PDB, NetworkPolicy",
  "service accounts and their rights": "ServiceAccount와 그 권한",
  "custom resources and their definitions": "커스텀 리소스와 CRD",
  "data: volumes, database schema, queued messages, caches": "데이터: 볼륨, DB 스키마, 큐에 쌓인 메시지, 캐시",
  "what lies outside the cluster: DNS, load balancers, CDN": "클러스터 밖: DNS, 로드 밸런서, CDN",
  "images behind tags that are not fixed, and sidecars that a webhook injects":
    "고정되지 않은 태그의 이미지, 웹훅으로 주입되는 사이드카",
  "the run is over; the pod template from before it can be written back by a rollback of its own":
    "실행이 끝났습니다. 실행 전 파드 템플릿은 별도 롤백으로 되돌릴 수 있습니다",
  "somebody went back from it to an older one": "이 버전에서 이전 버전으로 되돌린 적이 있습니다",
  "no revision of its history is advised to go back to": "되돌리기를 권할 만한 리비전이 없습니다",
  "Done: the new version serves.": "완료: 새 버전이 요청을 처리하고 있습니다.",
  "Green is ready. All traffic is still on blue.": "그린이 준비됐습니다. 트래픽은 아직 모두 블루로 갑니다.",
  "Green serves and stood the soak. Blue still stands by.":
    "그린이 요청을 처리하고 있으며 관찰이 끝났습니다. 블루는 아직 대기 중입니다.",
  "Green serves. Blue stands by.": "그린이 요청을 처리하고 있습니다. 블루는 대기 중입니다.",
  "Nobody drives this run. It stands at: {what}.": "이 실행을 진행 중인 사람이 없습니다. 마지막 상태: {what}",
  "The earlier revision serves.": "이전 리비전이 요청을 처리하고 있습니다.",
  "Not ready to cut over: {what}. All traffic is on blue.":
    "아직 전환할 수 없습니다: {what}. 트래픽은 모두 블루로 갑니다.",
  "Not ready to go on: {what}.": "아직 진행할 수 없습니다: {what}.",
  "Traffic is moving to blue, which has the new version. Waiting for proof that it arrives.":
    "트래픽이 새 버전이 된 블루로 옮겨 가고 있습니다. 도착했는지 확인하는 중입니다.",
  "Traffic is moving to green. Waiting for proof that it arrives.":
    "트래픽이 그린으로 옮겨 가고 있습니다. 도착했는지 확인하는 중입니다.",
  "a connection that is still open to {name} then fails once if it is in the middle of a request that is not repeated (8 of 8 POSTs did when it was tried), unless the application announces the close":
    "이때까지 {name} 파드로 열려 있는 연결은, 재시도되지 않는 요청을 처리하던 중이라면 한 번씩 실패합니다(시험에서는 POST 8건 중 8건). 애플리케이션이 종료를 미리 알리는 경우는 예외입니다",
  "most clients repeat a GET": "GET은 대부분의 클라이언트가 다시 보냅니다",
  "how many are open cannot be seen": "몇 개가 열려 있는지는 알 수 없습니다",
  "an ordered StatefulSet waits for pod {pod} of the revision that is left; delete it: kubectl -n {namespace} delete pod {pod}":
    "순서대로 교체하는 StatefulSet이 이전 리비전의 파드 {pod} 때문에 멈춰 있습니다. 삭제하세요: kubectl -n {namespace} delete pod {pod}",
  "asked for": "요청에 따름",
  "asks from here, before traffic moves: {urls}": "트래픽을 옮기기 전에 여기서 요청해 보는 중: {urls}",
  "asks pod {n} of {all}": "파드 점검 중({n}/{all})",
  done: "완료",
  "every endpoint is of the new colour": "모든 엔드포인트가 새 색입니다",
  "every endpoint is of the new colour, and new connections are answered by it":
    "모든 엔드포인트가 새 색이고, 새 연결도 새 색에서 응답합니다",
  "going back would wait for it first": "되돌리려면 먼저 채워져야 합니다",
  "going back would write the template that ran before once more: wait on, or decide that it was better":
    "되돌리면 이전 템플릿을 다시 쓰게 됩니다. 더 기다릴지, 이전 버전이 나았는지 판단하세요",
  "held: {why}": "확인 필요: {why}",
  "kube-proxy may take another second": "kube-proxy에는 1초쯤 더 걸릴 수 있습니다",
  "namespace {namespace} is being deleted since {since}, and everything in it: nothing can be made or brought back there":
    "네임스페이스 {namespace}: {since}부터 안에 있는 것까지 모두 삭제되는 중입니다. 만들거나 되돌릴 수 없습니다",
  "new connections go to the new colour": "새 연결은 새 색으로 갑니다",
  "those that were open before stay on the old one until they end": "전에 열린 연결은 끝날 때까지 이전 색에 남습니다",
  "whether connections are still open to the old colour cannot be seen from here":
    "이전 색으로 열린 연결이 남아 있는지는 여기서 알 수 없습니다",
  "no API of Kubernetes shows connections": "Kubernetes API로는 연결을 볼 수 없습니다",
  "the pods in the API server": "API 서버의 파드 목록",
  "the pods of {name} that they led to are gone, and they with them":
    "종료됐습니다: 연결이 이어질 {name} 파드가 남아 있지 않습니다",
  "those that were open before traffic moved may still lead to {name}":
    "트래픽을 옮기기 전에 열린 연결은 아직 {name} 파드로 이어져 있을 수 있습니다",
  "no answer for {seconds} s: {what}": "{seconds}초 동안 응답이 없습니다: {what}",
  "no answer to the write of {object}, looking whether it landed":
    "{object} 쓰기에 응답이 없어 반영됐는지 확인하는 중입니다",
  "no answer, asking again: {what}": "응답이 없어 다시 요청하는 중입니다: {what}",
  "no answer: {why}": "응답 없음: {why}",
  "no connection: {why}": "연결 안 됨: {why}",
  "turned away: {why}": "연결이 거부되거나 끊김: {why}",
  "not HTTP: {why}": "HTTP 응답이 아님: {why}",
  "not asked yet": "아직 요청하지 않음",
  "not asked: {why}": "요청하지 않음: {why}",
  "simulated pods: no data": "모의 파드: 결과 없음",
  "no entry to probe is known": "요청해 볼 진입점이 없습니다",
  "the entry answers, but does not say who answered": "진입점이 응답하지만 어느 버전인지는 나오지 않습니다",
  "{urls} did not answer from here before, so nothing was asked there":
    "여기서 응답하지 않던 주소라 요청하지 않았습니다: {urls}",
  "not proven, you went on: {what}": "확인되지 않은 채 진행했습니다: {what}",
  "the proof that traffic moved could not be had in time": "제한 시간 안에 트래픽 이동을 확인하지 못했습니다",
  "the slices show the new colour": "엔드포인트가 새 색으로 바뀌었습니다",
  "the slices show the old colour": "엔드포인트가 이전 색으로 바뀌었습니다",
  "traffic did not move: {what}": "트래픽이 옮겨지지 않았습니다: {what}",
  "no way back": "원복 불가",
  "nobody else sees this run, or can take it over: {why}":
    "다른 사람에게는 이 실행이 보이지 않으며 넘겨받을 수도 없습니다: {why}",
  "the record that other workstations need cannot be written: {why}":
    "다른 컴퓨터에서 볼 실행 기록을 쓰지 못했습니다: {why}",
  "something holds it (finalizers, pods that do not end)": "finalizer나 종료되지 않는 파드가 붙잡고 있을 수 있습니다",
  "taken over by {by}: nothing is written from here any more":
    "다른 곳에서 넘겨받았습니다({by}). 여기서는 더 이상 클러스터를 변경하지 않습니다",
  "taken over from {from}: they had let it go": "{from}에서 넘겨받았습니다: 손을 뗀 상태였습니다",
  "taken over from {from}: they were silent": "{from}에서 넘겨받았습니다: 응답이 없었습니다",
  "taken over from {from}: {why}": "{from}에서 넘겨받았습니다: {why}",
  "taken over in the middle: look where it stands, then go on or back":
    "도중에 넘겨받았습니다. 상태를 확인한 뒤 계속하거나 되돌리세요",
  "the new version serves, {left} left to look at it": "새 버전이 요청을 처리하고 있습니다. 관찰 {left} 남음",
  "the time is over, but this is not: {what}": "관찰 시간은 끝났지만 해소되지 않은 문제가 있습니다: {what}",
  "went on without evidence: {what}": "확인 근거 없이 진행했습니다: {what}",
  "the same cluster answers as when the plan was made": "계획을 만들 때와 같은 클러스터가 응답합니다",
  "the standing one is kept": "대기 중인 색은 그대로 둡니다",
  "waiting for pods to be gone: {names}": "파드 종료 대기 중: {names}",
  "waiting for the controller to see {object}": "{object}: 컨트롤러가 변경을 인식하기를 기다리는 중",
  "waiting for {object}: {what}": "{object} 대기 중: {what}",
  "waiting for {object} to be gone": "{object} 삭제 대기 중",
  "waits for approval: {gate}": "승인 대기: {gate}",
  "{gate} is approved: goes on as soon as its checks hold": "{gate}: 승인됐습니다. 조건이 충족되는 대로 진행합니다",
  "watched for creates that could still land: {objects}": "뒤늦게 생성될 수 있는 오브젝트를 지켜보았습니다: {objects}",
  "{answered} of {pods} pods answered {path} {times} times":
    "파드 {pods}개 중 {answered}개가 점검 요청({path})에 {times}회 응답했습니다",
  "{ready} of {pods} pods can be asked": "파드 {pods}개 중 {ready}개 점검 가능",
  "{by} drives it: {status}": "진행 중({by}): {status}",
  "{by} drives it: {status} at {step}": "진행 중({by}): {status}, {step} 단계",
  "{by} drives it: {what}": "진행 중({by}): {what}",
  "{error} (it was going back because: {cause})": "{error} (원복하던 이유: {cause})",
  "{from}: {have} of {want} available; {to}: {serving}": "{from}: {want}개 중 {have}개 사용 가능, {to}: {serving}개",
  "{have} of {want} ready": "{want}개 중 {have}개 Ready",
  "{left} pods left": "남은 파드 {left}개",
  "{name}: back out": "{name}: 원복",
  "{name}: back to revision {revision}": "{name}: 리비전 {revision} 상태로 롤백",
  "{name}: flip back": "{name}: 트래픽 되돌리기",
  "{name}: no way back by this run": "{name}: 이 실행으로는 원복할 수 없음",
  "{name}: roll back": "{name}: 롤백",
  "{name}: undo": "{name}: 롤백 취소",
  "{object}: admission changed what was written: {field} was sent as {sent} and stored as {stored}":
    "{object}: 쓴 값이 admission에서 바뀌었습니다. {field}: 보낸 값 {sent}, 저장된 값 {stored}",
  "{object}: {manager} is left in metadata.managedFields: the next apply of its owner may be refused with a conflict":
    "{object}: managedFields에 {manager} 항목이 남아 있습니다. 이 오브젝트를 관리하는 쪽의 다음 apply 요청이 충돌로 거부될 수 있습니다",
  "{object}: annotation {name} is left behind": "{object}: 이 실행에서 단 주석 {name} 값이 남아 있습니다",
  "{object}: changed by somebody else since this run began; going back would lead to a version that did not serve then":
    "{object}: 실행이 시작된 뒤 다른 사람이 변경했습니다. 되돌리면 그때 요청을 처리하던 버전이 아닙니다",
  "{object}: changed by somebody else since this run made it": "{object}: 이 실행에서 만든 뒤 다른 사람이 변경했습니다",
  "{object}: changed by somebody else since this run made it; that is not what was checked":
    "{object}: 이 실행에서 만든 뒤 다른 사람이 변경했습니다. 점검한 내용과 다릅니다",
  "{object}: changed by somebody else since this run wrote it": "{object}: 이 실행에서 쓴 뒤 다른 사람이 변경했습니다",
  "{object}: changed meanwhile ({message})": "{object}: 그사이 변경됐습니다({message})",
  "{object}: could not be written in {tries} tries, it keeps changing or does not answer":
    "{object}: {tries}번 시도했지만 쓰지 못했습니다. 계속 변경되거나 응답하지 않습니다",
  "{object}: exists and was not made by this run": "{object}: 이미 있으며, 이 실행에서 만든 것이 아닙니다",
  "{object}: is being deleted": "{object}: 삭제되는 중입니다",
  "{object}: is gone": "{object}: 없어졌습니다",
  "{object}: it was just there and is gone; try again": "{object}: 방금까지 있었는데 없어졌습니다. 다시 시도하세요",
  "{object}: its controller did not look at it within {time}":
    "{object}: {time} 동안 컨트롤러가 변경을 인식하지 못했습니다",
  "{object}: its floor was changed by somebody else": "{object}: 다른 사람이 최소값을 변경했습니다",
  "{object}: its rollout is not complete and is left behind": "{object}: 롤아웃이 완료되지 않은 버전을 두고 넘어갑니다",
  "{object}: its selector is not the one that this plan was made for": "{object}: 셀렉터가 계획을 만들 때와 다릅니다",
  "{object}: its selector is not the one that this run left": "{object}: 셀렉터가 이 실행에서 쓴 값과 다릅니다",
  "{object}: its template is neither the old nor the new one": "{object}: 템플릿이 이전 것도 새것도 아닙니다",
  "{object}: its template is not the one that this plan was made for": "{object}: 템플릿이 계획을 만들 때와 다릅니다",
  "{object}: keeps changing": "{object}: 계속 변경되고 있습니다",
  "{object}: no ReplicaSet": "{object}: ReplicaSet이 없습니다",
  "{object}: {n} ReplicaSets have pods, one is needed to pin to":
    "{object}: 파드가 있는 ReplicaSet이 {n}개입니다. 고정하려면 하나여야 합니다",
  "{object}: not found": "{object}: 찾을 수 없습니다",
  "{object}: not gone after {time}": "{object}: {time} 경과 후에도 삭제되지 않았습니다",
  "{object}: not made by changeover": "{object}: Changeover에서 만든 것이 아닙니다",
  "{object}: not ready right before the cutover: {what}": "{object}: 전환 직전에 Ready가 아닙니다: {what}",
  "{object}: not sent ({message})": "{object}: 보내지 않았습니다({message})",
  "{object}: one of that name is being deleted": "{object}: 같은 이름의 오브젝트가 삭제되는 중입니다",
  "{object}: outcome unknown ({message})": "{object}: 반영됐는지 알 수 없습니다({message})",
  "{object}: paused by somebody else": "{object}: 다른 사람이 일시 중지했습니다",
  "{object}: put back as it was for this run": "{object}: 이 실행에서 쓴 값으로 되돌렸습니다",
  "{object}: refused ({message})": "{object}: 거부됐습니다({message})",
  "{object}: scaled by somebody else since": "{object}: 그사이 다른 사람이 파드 수를 변경했습니다",
  "{object}: scaled from {has} to the {want} that it served with, so that traffic can go back to it":
    "{object}: 트래픽을 되돌릴 수 있도록 파드를 {has}개에서 원래의 {want}개로 늘렸습니다",
  "{object}: serves with {have} of {want} available pods":
    "{object}: 요청을 처리하는 파드가 {want}개 중 {have}개뿐입니다",
  "{object}: still selected by service {services}": "{object}: 아직 Service에서 선택하고 있습니다({services})",
  "{object}: the ReplicaSet to pin it to is not known": "{object}: 고정할 ReplicaSet을 알 수 없습니다",
  "{object}: the selector to switch to is not known": "{object}: 전환할 셀렉터를 알 수 없습니다",
  "{object}: whether a write landed cannot be settled ({last})":
    "{object}: 쓰기가 반영됐는지 확인할 수 없습니다({last})",
  "{object}: somebody deleted what this run created, and made it anew":
    "{object}: 이 실행이 만든 것을 누군가 삭제하고 다시 만들었습니다",
  "{object}: with its old selector it would also take pods of another owner: {names}":
    "{object}: 이전 셀렉터로 되돌리면 다른 소유자의 파드까지 선택합니다: {names}",
  "{object}: {have} of {want} available": "{object}: {want}개 중 {have}개 사용 가능",
  "{object}: {have} of {want} ready": "{object}: {want}개 중 {have}개 Ready",
  "{object}: {left} pods left after {time}": "{object}: {time} 경과 후에도 파드 {left}개가 남아 있습니다",
  "{object}: {reason}: {message}": "{object}: {reason}: {message}",
  "{object}: {what}": "{object}: {what}",
  "{object}: {what} after {time}": "{object}: {time} 경과({what})",
  "{own} of {count} endpoints ready": "엔드포인트 {count}개 중 {own}개 Ready",
  "{own} of {count} endpoints ready, {foreign} of another owner":
    "엔드포인트 {count}개 중 {own}개 Ready, 다른 소유자 {foreign}개",
  "{pod}: {reason}: {message}": "{pod}: {reason}: {message}",
  "{pod}: container {container}: {reason}": "{pod}: 컨테이너 {container}: {reason}",
  "{pod}: container {container}: {reason}: {message}": "{pod}: 컨테이너 {container}: {reason}: {message}",
  "exec format error: the image is for another architecture than its node's":
    "실행 파일 형식이 맞지 않습니다. 이미지의 아키텍처가 노드와 다릅니다",
  "{service}: somebody changed its selector, and it now selects both colours at once":
    "{service}: 누군가 셀렉터를 변경해 지금 두 색을 동시에 선택하고 있습니다",
  "{status}": "{status}",
  "{status} in {ms} ms": "{status}, {ms} ms 걸림",
  "{status}, answer {why}": "{status}, 응답이 온전하지 않음: {why}",
  "{step} is done; stops here as asked": "{step} 단계가 끝났습니다. 요청대로 여기서 멈춥니다",
  "{step}: {what}": "{step}: {what}",
  "{url}: answers from here ({what})": "{url}: 여기서 응답합니다({what})",
  "{url}: left out of the proof, it does not answer well from here ({what})":
    "{url}: 여기서 정상 응답이 없어 확인에서 제외했습니다({what})",
  "{url}: no data ({what})": "{url}: 결과가 없습니다({what})",
  "{url}: still answered by the old colour ({what})": "{url}: 아직 이전 색에서 응답합니다({what})",
  "{url}: {what}": "{url}: {what}",
  "{what} (request {n} of {requests})": "{what} (요청 {requests}회 중 {n}회째)",
  "{what}, colour {colour}": "{what}, 색 {colour}",
  "{what}, pod {pod}": "{what}, 파드 {pod}",
  "{what}, version {version}": "{what}, 버전 {version}",
  "{what}, {spent} of at most {limit}": "{what}, {spent} 경과(최대 {limit})",
  "{what}: answer not understood ({message})": "{what}: 응답을 이해할 수 없습니다({message})",
  "{what}: not signed in ({message})": "{what}: 로그인되어 있지 않습니다({message})",
  "{what}: no answer ({message})": "{what}: 응답이 없습니다({message})",
  "{what}: not allowed ({message})": "{what}: 권한이 없습니다({message})",
  "a {kind} cannot stand twice beside itself": "{kind}: 나란히 두 벌을 띄울 수 없는 종류입니다",
  "no service selects its pods, so there is no traffic to move":
    "파드를 선택하는 Service가 없어 옮길 트래픽이 없습니다",
  "the new version is proven beside the old one, and going back is one write":
    "이전 버전 옆에서 새 버전을 확인하며, 변경 한 번으로 되돌릴 수 있습니다",
  "the new version is proven beside the old one": "이전 버전 옆에서 새 버전을 확인합니다",
  "its {n} services move one after the other, up to a second apart":
    "Service {n}개를 차례로 옮기며, 시차는 최대 1초입니다",
  "it mounts volume claims, which both versions would share": "PVC를 마운트하므로 두 버전이 볼륨을 함께 쓰게 됩니다",
  "it is paused or not complete: let that settle first":
    "일시 중지됐거나 롤아웃이 끝나지 않았습니다. 먼저 안정된 뒤에 진행하세요",
  "{kind} {name} controls it": "{kind} {name} 쪽에서 관리하고 있습니다",
  "needs room for {n} more pods": "파드 {n}개가 더 들어갈 자리가 필요합니다",
  "revision {revision} can be gone back to, in steps, as a rolling update":
    "리비전 {revision}: 롤링 업데이트로 단계적으로 되돌릴 수 있습니다",
  "the cluster keeps no revision to go back to": "클러스터에 되돌릴 리비전이 없습니다",
  "run {run} kept the template from before it": "실행 {run}에 그 이전의 템플릿이 남아 있습니다",
  "its history holds nothing to go back to": "되돌릴 이력이 없습니다",
  "run {run} brought it in and was taken back": "실행 {run}에서 배포했다가 되돌렸습니다",
  "run {run} brought it in and was taken back ({why})": "실행 {run}에서 배포했다가 되돌렸습니다({why})",
  "run {run} went back from it": "실행 {run}에서 이 버전을 버리고 되돌아갔습니다",
  "run {run} went back from it ({why})": "실행 {run}에서 이 버전을 버리고 되돌아갔습니다({why})",
  "cannot pull image": "이미지를 받지 못함",
  "lacks configuration that it refers to": "참조하는 구성이 없음",
  "cannot start its container": "컨테이너를 시작하지 못함",
  "crashes again and again": "반복해서 비정상 종료",
  "ran out of memory": "메모리 부족",
  "ended with an error": "오류로 종료",
  "fits on no node": "배치할 노드 없음",
  "was evicted": "축출됨",
  failed: "실패",
  "{what} ({reason})": "{what}({reason})",
  "{what} ({reason}, container {container})": "{what}({reason}, 컨테이너 {container})",
  ending: "종료 중",
  starting: "시작 중",
  "container {container} runs and is not ready": "컨테이너 {container}: 실행 중이지만 아직 Ready가 아님",
  "starting its containers": "컨테이너 시작 중",
  "waits for a node": "노드 배정 대기 중",
  "{pod} {what}": "{pod}: {what}",
  "{pod} {what} and 1 more fails": "{pod}: {what}, 그 밖에 1개 실패",
  "{pod} {what} and {n} more fail": "{pod}: {what}, 그 밖에 {n}개 실패",
  "{counts}: {why}": "{counts}: {why}",
  "{reason}: {message}": "{reason}: {message}",
  "scaled to 0": "0개로 내려 둠",
  "scaled to zero": "0개로 내려 둠",
  "rollout made no progress before its deadline": "롤아웃이 제한 시간 안에 진행되지 않았습니다",
  "paused, {n} of {wanted} on the newest template": "일시 중지됨, 최신 템플릿 {wanted}개 중 {n}개",
  "the change was not picked up yet": "컨트롤러가 아직 변경을 인식하지 못했습니다",
  "{n} of {wanted} updated": "{wanted}개 중 {n}개 갱신됨",
  "pods are starting": "파드 시작 중",
  "answers with the name {name}": "{name}: 이 이름으로 응답합니다",
  "answered by pods that are ending": "종료 중인 파드에서 응답하고 있습니다",
  "its selector matches no pod": "셀렉터에 맞는 파드가 없습니다",
  "nothing wanted behind it": "뒤에 있는 워크로드가 0개로 내려가 있습니다",
  "no entry takes it: {why}": "받아 주는 진입점이 없습니다: {why}",
  "sends to a kind that is not shown": "표시되지 않는 종류로 보냅니다",
  "no backend": "백엔드가 없습니다",
  "{object} reaches no pod on its port": "{object}: 포트로 연결되는 파드가 없습니다",
  "{object} has no ready endpoint": "{object}: Ready 엔드포인트가 없습니다",
  "{object} is not held, the run goes on without: {why}": "{object}: 고정하지 못한 채 실행이 계속됩니다({why})",
  "{object} is not read here": "{object}: 여기서 조회하지 않습니다",
  "every backend has weight 0": "모든 백엔드의 가중치가 0입니다",
  "every request fails: {why}": "모든 요청이 실패합니다: {why}",
  "{share} % of requests fail: {why}": "요청의 {share} %가 실패합니다: {why}",
  "off: its target is scaled to 0": "꺼짐: 대상이 0개로 내려가 있습니다",
  "not looked at yet": "아직 조회하지 않았습니다",
  "{n} of {all} done": "{all}개 중 {n}개 완료",
  "failed attempts: {n}": "실패한 시도 {n}회",
  suspended: "일시 중단됨",
  "{job}: {why}": "{job}: {why}",
  "runs at {schedule}": "실행 일정: {schedule}",
  "its volume is gone": "연결된 볼륨이 사라졌습니다",
  "no volume is bound to it yet": "아직 볼륨이 바인딩되지 않았습니다",
  "lets nothing in": "들어오는 연결을 모두 막습니다",
  "lets in what its rules name": "규칙에 있는 연결만 들어옵니다",
  "lets nothing out": "나가는 연결을 모두 막습니다",
  "lets out what its rules name": "규칙에 있는 연결만 나갑니다",
  "{ingress}, {egress}": "{ingress}, {egress}",
  "all pods of the namespace: {does}": "네임스페이스의 모든 파드: {does}",
  paused: "일시 중지됨",
  "{min} to {max} pods": "파드 {min}~{max}개",
  "{min} to {max} pods, wants {wants}": "파드 {min}~{max}개, 목표 {wants}개",
  "{healthy} healthy, {must} must stay, {may} may be evicted":
    "정상 {healthy}개, 유지해야 하는 수 {must}개, 축출 가능 {may}개",
  "no rule": "규칙이 없습니다",
  "does not exist": "존재하지 않습니다",
  "not loaded: namespace {namespace} is not followed": "불러오지 않음: 네임스페이스 {namespace} 조회 안 함",
  "not read here": "여기서 조회하지 않습니다",
  "not seen from here": "여기서 보이지 않습니다",
  "not there": "없음",
  "pod {pod} has come": "파드 추가됨: {pod}",
  "pod {pod} is gone": "파드 사라짐: {pod}",
  "container {container} was started again": "컨테이너 재시작됨: {container}",
  "the log of {container} cannot be read: {why}": "{container} 로그를 읽을 수 없습니다: {why}",
  "it is tried again in {n} s": "{n}초 후 다시 시도합니다",
  "it has not started": "아직 시작되지 않았습니다",
  "it has not started: {reason}": "아직 시작되지 않았습니다: {reason}",
  "it has not started: {reason} ({message})": "아직 시작되지 않았습니다: {reason} ({message})",
  "it was not restarted": "재시작된 적이 없습니다",
  "pod {pod}: {why}": "파드 {pod}: {why}",
  "{n} pods fail, {pod} among them: {why}": "파드 {n}개 실패({pod} 등): {why}",
  "one write": "변경 1회",
  "a rolling update": "롤링 업데이트",
  "a {kind} cannot be rolled out; a Deployment can": "{kind}: 롤아웃할 수 없는 종류입니다. Deployment만 가능합니다",
  "it can be rolled back": "롤백은 할 수 있습니다",
  "roll that out instead": "그쪽에서 롤아웃하세요",
  "it is being deleted": "삭제되는 중입니다",
  "Paused: nothing rolls out until it is resumed.": "일시 중지됨: 재개할 때까지 롤아웃되지 않습니다.",
  "Restarted: every pod is a new one.": "재시작됨: 모든 파드가 새 파드입니다.",
  "Resumed: its newest template runs alone.": "재개됨: 최신 템플릿만 실행 중입니다.",
  "Scaled: as many pods are ready as were wanted.": "스케일됨: 원하는 수만큼 파드가 준비되었습니다.",
  "a DaemonSet has a pod on each of its nodes: it is not scaled":
    "DaemonSet은 노드마다 파드를 하나씩 두므로 스케일하지 않습니다",
  "a {kind} cannot be paused: only a Deployment has a pause":
    "{kind}: 일시 중지할 수 없는 종류입니다. Deployment만 가능합니다",
  "add nodes, or scale to fewer; with an autoscaler of nodes, raise the deadline":
    "노드를 추가하거나 더 적게 스케일하세요. 노드 오토스케일러가 있으면 대기 시간을 늘리세요",
  "autoscaler {name} decides how many pods it has": "파드 수를 오토스케일러 {name} 쪽에서 정합니다",
  "change its bounds instead (minReplicas, maxReplicas)": "대신 한도를 바꾸세요(minReplicas, maxReplicas)",
  "it is not paused": "일시 중지 상태가 아닙니다",
  "it is paused already": "이미 일시 중지되어 있습니다",
  "it is paused: resume it first": "일시 중지 상태입니다: 먼저 재개하세요",
  "it is scaled to {n} already": "이미 {n}개로 스케일되어 있습니다",
  "it leaves the version as it is; leave images and template out":
    "버전은 그대로 두는 작업입니다. 이미지와 템플릿은 빼세요",
  "its pods are replaced in steps, with the template that they have": "지금 템플릿 그대로 파드를 단계적으로 교체합니다",
  "its pods are replaced only when somebody deletes them (updateStrategy OnDelete): delete them one by one":
    "누군가 삭제해야만 파드가 교체됩니다(updateStrategy OnDelete): 하나씩 삭제하세요",
  "leave one pod, or make sure that nobody needs it now": "파드를 하나 남기거나, 지금 아무도 쓰지 않는지 확인하세요",
  "leaves no room for so many pods: {name} is {used} of {hard} used, and {needed} more are needed":
    "파드를 그만큼 띄울 여유가 없습니다: {name} {hard} 중 {used} 사용, {needed} 더 필요",
  "let it finish first: pods that do not come up now will not come up by a restart either":
    "먼저 끝나게 두세요: 지금 뜨지 않는 파드는 재시작해도 뜨지 않습니다",
  "no edit of its template rolls out until it is resumed": "재개할 때까지 템플릿을 수정해도 롤아웃되지 않습니다",
  "nothing else decides how many pods it has": "파드 수를 정하는 다른 것이 없습니다",
  pause: "일시 중지",
  "pod template": "파드 템플릿",
  "raise the quota, or scale to fewer": "할당량을 늘리거나 더 적게 스케일하세요",
  restart: "재시작",
  resume: "재개",
  "say how many pods it shall have": "파드를 몇 개로 할지 정하세요",
  "scale it up by hand when it is wanted again": "다시 필요할 때 직접 스케일하세요",
  "scales it between {min} and {max} pods, and does nothing more while it is at zero":
    "파드를 {min}~{max}개로 조절하며, 0개인 동안에는 아무것도 하지 않습니다",
  "scales it between {min} and {max} pods, and goes on with that once it has pods again":
    "파드를 {min}~{max}개로 조절하며, 파드가 생기면 다시 조절합니다",
  "scales it between {min} and {max} pods, and may change {n} again when it looks next, every 15 s":
    "파드를 {min}~{max}개로 조절하며, 15초마다 확인해 {n}개를 다시 바꿀 수 있습니다",
  "scales it between {min} and {max} pods: {n} would be taken back within seconds":
    "파드를 {min}~{max}개로 조절합니다: {n}개는 몇 초 안에 되돌려집니다",
  "what is rolling out stops where it is": "진행 중인 롤아웃이 그 자리에서 멈춥니다",
  "what was edited under the pause rolls out": "일시 중지 중에 수정된 내용이 롤아웃됩니다",
  "would have no pod left: requests from outside the cluster fail until it is scaled up again":
    "남는 파드가 없습니다: 다시 스케일할 때까지 클러스터 밖에서 오는 요청이 실패합니다",
  "would have no pod left: who calls it gets no connection until it is scaled up again":
    "남는 파드가 없습니다: 다시 스케일할 때까지 호출하는 쪽이 연결하지 못합니다",
  "{before} → {after} pods": "파드 {before} → {after}",
  "All traffic is on blue.": "트래픽은 모두 블루로 갑니다.",
  "All traffic is still on green.": "트래픽은 아직 모두 그린으로 갑니다.",
  "the last try did not go through; it is tried again from where it stands":
    "마지막 시도가 적용되지 않았습니다. 현재 상태에서 다시 시도합니다",
  "Backed out ({why}).": "원복 완료({why}).",
  "Backed out ({why}). {traffic}": "원복 완료({why}). {traffic}",
  "Backed out.": "원복 완료.",
  "Backed out. {traffic}": "원복 완료. {traffic}",
  "Blue serves the new version. What the rollout needed is being taken away.":
    "블루가 새 버전으로 요청을 처리하고 있습니다. 배포에 쓴 것을 정리하는 중입니다.",
  "Done.": "완료.",
  "Failed before anything was written: {error}.": "아무것도 쓰기 전에 실패했습니다: {error}.",
  "Going back ({why}).": "원복 중({why}).",
  "Going back ({why}). {traffic}": "원복 중({why}). {traffic}",
  "Going back.": "원복 중.",
  "Going back. {traffic}": "원복 중. {traffic}",
  "Green is being asked. All traffic is still on blue.":
    "그린에 확인 요청을 보내고 있습니다. 트래픽은 아직 모두 블루로 갑니다.",
  "Green is starting. All traffic is still on blue.": "그린이 시작되고 있습니다. 트래픽은 아직 모두 블루로 갑니다.",
  "Green serves. Blue is being retired.": "그린이 요청을 처리하고 있습니다. 블루를 정리하는 중입니다.",
  "Green serves. Blue is getting the new version.":
    "그린이 요청을 처리하고 있습니다. 블루를 새 버전으로 바꾸는 중입니다.",
  "Green serves. The rollout is being brought to its end.":
    "그린이 요청을 처리하고 있습니다. 배포를 마무리하는 중입니다.",
  "Held: {why}.": "확인 필요: {why}.",
  "Held: {why}. {traffic}": "확인 필요: {why}. {traffic}",
  "Nobody drives this run. {traffic} It stands at: {what}.":
    "이 실행을 진행 중인 사람이 없습니다. {traffic} 마지막 상태: {what}",
  "Ready to start.": "시작할 준비가 됐습니다.",
  "Stuck: {error}.": "멈췄습니다: {error}.",
  "Stuck: {error}. {traffic}": "멈췄습니다: {error}. {traffic}",
  "The cutover begins. All traffic is still on blue.": "전환을 시작합니다. 트래픽은 아직 모두 블루로 갑니다.",
  "The rollout is being prepared. All traffic is still on blue.":
    "배포를 준비하고 있습니다. 트래픽은 아직 모두 블루로 갑니다.",
  "Traffic is not all on blue.": "트래픽이 모두 블루로 가지는 않습니다.",
  "Traffic is not all on green.": "트래픽이 모두 그린으로 가지는 않습니다.",
  "Traffic is moving back to blue.": "트래픽이 블루로 돌아가는 중입니다.",
  "Traffic is moving back to green.": "트래픽이 그린으로 돌아가는 중입니다.",
  "Traffic is moving to blue, which has the new version.": "트래픽이 새 버전이 된 블루로 옮겨 가는 중입니다.",
  "Traffic is moving to green.": "트래픽이 그린으로 옮겨 가는 중입니다.",
  "Traffic is on blue, which has the new version.": "트래픽은 새 버전이 된 블루로 갑니다.",
  "Traffic is on green.": "트래픽은 그린으로 갑니다.",
  "Traffic was left where the run had moved it.": "트래픽은 이 실행이 옮겨 둔 곳에 그대로 있습니다.",
  "Waits for you: {gate}.": "승인 대기: {gate}.",
  "its beginning": "시작 전",
  "the way back": "원복",
  "wait for the operator before blue gives up the old version": "블루가 이전 버전을 버리기 전에 운영자 승인 대기",
  "wait for the operator before traffic moves": "트래픽이 옮겨 가기 전에 운영자 승인 대기",
  "Stopped: {error}.": "중단됨: {error}.",
  "It runs.": "진행 중입니다.",
  "what this run changed is written back as it was": "이 실행이 바꾼 것을 원래대로 되돌립니다",
  "a backend that is no Service takes the rest": "나머지는 Service가 아닌 백엔드가 받습니다",
  "a more precise one is asked first": "더 구체적인 규칙이 먼저 적용됩니다",
  "all weights are 0: the client gets an error (500 with the Gateway API)":
    "가중치가 모두 0입니다. 클라이언트는 오류를 받습니다(Gateway API에서는 500)",
  "another one that takes the same is asked first": "같은 조건의 다른 규칙이 먼저 적용됩니다",
  "nothing is ready behind it: the client gets an error (503 in most routers)":
    "뒤에 준비된 파드가 없습니다. 클라이언트는 오류를 받습니다(대부분의 라우터에서 503)",
  "path {path} ({kind}): what it matches is the controller's own":
    "경로 {path}({kind}): 무엇과 일치하는지는 컨트롤러마다 다릅니다",
  "refused: {why}": "거부됨: {why}",
  "takes it if the one that is asked first does not": "먼저 적용되는 규칙이 받지 않으면 이 규칙이 받습니다",
  "takes only path {path} ({kind})": "경로 {path}({kind})만 받습니다",
  "takes only {condition}": "{condition}인 요청만 받습니다",
  "the client gets an error (500 in most routers): {why}":
    "클라이언트는 오류를 받습니다(대부분의 라우터에서 500): {why}",
  "the rule has no backend: it redirects, or answers with an error itself":
    "백엔드가 없는 규칙입니다. 리디렉션하거나 스스로 오류로 응답합니다",
  "what stands behind it is not read here": "그 뒤에 무엇이 있는지는 여기서 읽지 않습니다",
  "write the request as for curl: a method, a URL, headers as Name: value":
    "메서드, URL, ‘이름: 값’ 꼴의 헤더로 요청을 쓰세요",
  "{header} is no header: write Name: value": "{header}: 헤더가 아닙니다. ‘이름: 값’으로 쓰세요",
  "{method} is no HTTP method": "{method}: HTTP 메서드가 아닙니다",
  "{name} answers, outside the cluster": "클러스터 밖의 {name}에서 응답합니다",
  "{n} of {all} endpoints are no pods that are seen here":
    "엔드포인트 {all}개 중 {n}개는 여기서 보이는 파드가 아닙니다",
  "{pattern} is a pattern that is not understood here": "{pattern}: 여기서는 해석할 수 없는 패턴입니다",
  "{pattern} matches only a part: controllers differ in whether that is enough":
    "{pattern}: 일부만 일치합니다. 그것으로 충분한지는 컨트롤러마다 다릅니다",
  "{url} is no URL: {why}": "{url}: URL이 아닙니다: {why}",
  "{url}: only http and https are routed by what a request says":
    "{url}: 요청 내용으로 라우팅되는 것은 http와 https뿐입니다",
  "its backends in other namespaces are refused: {why}": "다른 네임스페이스의 백엔드가 거부되었습니다: {why}",
  "{object} refuses it: {why}": "{object}: 라우트를 거부합니다: {why}",
  "Traefik leaves it out: {why}": "Traefik이 읽지 않는 규칙입니다: {why}",
  "a default backend beside rules": "규칙이 있는 Ingress의 기본 백엔드",
  "also averages over the pods of {names}: the selector of {target} takes them":
    "{names}의 파드까지 평균에 넣습니다. {target}의 셀렉터가 이 파드들도 선택합니다",
  "another rule has the same priority: either may be asked first":
    "우선순위가 같은 다른 규칙이 있습니다. 어느 쪽이 먼저 적용될지 정해져 있지 않습니다",
  "counts both colours: with one healthy a node drain may take all pods of the other":
    "두 색을 함께 셉니다. 한쪽이 정상이면 노드 드레인이 다른 쪽 파드를 모두 내보낼 수 있습니다",
  "its Service has nothing ready": "Service에 준비된 엔드포인트가 없음",
  "its backend is no Service": "백엔드가 Service가 아님",
  "its controller refuses {object}: {why}": "{object}: 컨트롤러가 거부합니다: {why}",
  "no controller has taken up {object}": "{object}: 맡은 컨트롤러가 없습니다",
  "no other Ingress here takes {host}{path} in the same way: nobody comes to this canary":
    "{host}{path}: 같은 조건으로 받는 다른 Ingress가 이 네임스페이스에 없어 이 카나리로는 요청이 오지 않습니다",
  "{controller} knows no canaries by annotation: this one takes requests like any other Ingress":
    "{controller}: 카나리 어노테이션을 모르는 컨트롤러입니다. 이 Ingress도 여느 Ingress처럼 요청을 받습니다",
  "{host}{path} has a canary already ({other}): nobody comes to this one":
    "{host}{path}: 이미 다른 카나리({other})가 있어 이 카나리로는 요청이 오지 않습니다",
  "{n} autoscalers scale it ({names})": "오토스케일러 {n}개가 함께 조절합니다({names})",
  "{one} and {other} both write it": "쓰는 주체가 둘입니다: {one}, {other}",
  "{method} is no gRPC call: some controllers take it nevertheless":
    "{method}: gRPC 호출이 아닙니다. 그래도 받는 컨트롤러가 있습니다",
  "Traefik takes {object} only with its option {option}": "{object}: Traefik에서 {option} 옵션을 켜야 받습니다",
  "does not take {condition}": "{condition}인 요청은 받지 않습니다",
  "{condition}: nothing is known of it here": "{condition}: 여기서는 알 수 없는 조건입니다",
  "{rule} is a rule that is not understood here": "{rule}: 여기서는 해석할 수 없는 규칙입니다",
  "{object} leads to no Service": "{object}: 이어지는 Service가 없습니다",
  "one of a greater priority is asked first": "우선순위가 더 높은 규칙이 먼저 적용됩니다",
  "no root HTTPProxy that is seen includes it": "이것을 포함하는 루트 HTTPProxy가 보이지 않습니다",
  "forwards connections: where to is not shown": "연결을 그대로 전달합니다. 전달 대상은 표시되지 않습니다",
};
