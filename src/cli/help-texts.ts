// What `veilgate COMMAND --help` says below the options: examples, meaning, exit codes.

export const MAIN_HELP = `
Examples:
  veilgate start                                  listen on http://127.0.0.1:3128 with the shipped rules
  veilgate start --rules my.rules --listen http://127.0.0.1:8080
  veilgate check ads.example https://example.com/ what would happen, and why
  veilgate lint my.rules
  veilgate test my.test.yaml                      does it still block and allow what it shall?
  veilgate diff old.rules new.rules --log access.jsonl
  veilgate import --from squid squid.conf         the rules of another tool as a rule file
  veilgate lists                                  how the lists stand that it is subscribed to
  veilgate upstreams                              how its parent proxies stand
  veilgate leaktest                               what of you arrives at sites, name servers and upstreams
  veilgate identity new                           leave with new identities
  veilgate reload                                 the running one reads its files again
  veilgate config defaults > veilgate.yaml        every key, with its default and what it means

Exit codes: 0 done, 1 a negative answer (blocked, findings), 2 bad usage, rules or configuration, 3 could not run.
Then tell your programs: curl -x http://127.0.0.1:3128 http://example.com/`

export const START_HELP = `
Examples:
  veilgate start
  veilgate start --rules my.rules --rules blocklist.txt --allow exceptions.rules
  veilgate start --listen http://0.0.0.0:3128 --clients 192.168.0.0/16
  veilgate start --default block --allow only-these.rules
  veilgate start --allow-private=10.0.0.0/8,fd00::/8 --connect-ports 443,8000-8100
  veilgate start --upstream socks5h://127.0.0.1:9050
  veilgate start --access-log access.log --log-format squid

An allow rule wins over a block rule; block! wins over allow; allow! over all. --rules, --block and --allow replace
the shipped rules and rules.files of the configuration; --default beats what the files and the configuration say.
Signals: SIGHUP reads rules and configuration again, SIGUSR1 reopens log files, SIGTERM and SIGINT let exchanges end
within limits.drainTimeout (30 s), a second one ends at once.`

export const CHECK_HELP = `
Examples:
  veilgate check ads.example
  veilgate check --rules my.rules https://example.com/ example.com:8443 http://example.com/banner/1.gif
  veilgate check --config veilgate.yaml --json ads.example
  veilgate check --config veilgate.yaml --egress example.com

Each target gets a line: the decision, the target, the rule (file:line, text, reason), then the other rules that match.
No name is resolved. Exit code 0: all allowed; 1: any blocked; 2: a target, rule file or option is wrong.`

export const LINT_HELP = `
Examples:
  veilgate lint my.rules
  veilgate lint --strict --json rules/*.rules

Exit code 0: nothing found that is an error; 1: errors (with --strict warnings too); 2: a file cannot be read.`

export const TEST_HELP = `
A test file:
  rules: [my.rules]                 # relative to this file; left out: my.rules beside my.test.yaml
  tests:
    - expect: block
      host: [tracker.example, www.tracker.example]
      rule: block .tracker.example  # optional: the rule, its pattern, FILE:LINE, or default for none
    - { name: sign-in works, expect: allow, url: http://login.example/start }

Examples:
  veilgate test rules/*.test.yaml
  veilgate test my.test.yaml --rules candidate.rules --junit results.xml

config, default and scope of a test file mean what they mean to start; options of the command line override them.
Exit code 0: all passed; 1: a test failed; 2: a test file, its rules or a target are wrong.`

export const DIFF_HELP = `
Examples:
  veilgate diff old.rules new.rules
  git show HEAD:my.rules | veilgate diff - my.rules
  veilgate diff old.rules new.rules --log access.jsonl --json

Rules count as the same wherever they stand and however they are written. Exit code 0: done; with --exit-code 1 where
anything changes; 2: a rule file or the log cannot be read.`
export const IMPORT_HELP = `
Examples:
  veilgate import --from squid /etc/squid/squid.conf > my.rules
  veilgate import --from pihole whitelist.txt blacklist.txt regex.list adlists.list --output pihole.rules
  veilgate import --from privoxy default.action user.action --output privoxy.rules --json

What could not be carried over is listed on standard error, as file:line: reason: text. Exit code 0: written; 1: nothing
could be carried over, so nothing is written; 2: a file cannot be read, or the output exists (see --force).`

export const LISTS_HELP = `
Examples:
  veilgate lists                                  how each list stands: rules in force, age, next fetch, last error
  veilgate lists --json
  veilgate lists update                           fetch all of them now
  veilgate lists update ads --accept-shrink       take it though it lost more rules than maxShrink lets pass

Lists are configured under rules.lists. Exit code 0: done; 1: a list was not updated; 2: no such list; 3: no veilgate runs.`

export const UPSTREAMS_HELP = `
Examples:
  veilgate upstreams                              up or down, why, next trial, open connections
  veilgate upstreams --json

Upstreams are configured under upstreams, or given with --upstream. Exit code 0: done; 3: no veilgate runs.`

export const IDENTITY_HELP = `
Examples:
  veilgate identity new                           everything leaves with a new identity
  veilgate identity new --site example.com        example.com and all below it do

An upstream with isolate gets another user and password from then on (Tor: another circuit); connections kept for later
requests are closed. Exit code 0: done; 2: no such host; 3: no veilgate runs, or it isolates nothing.`

export const TUNNEL_HELP = `
Examples:
  veilgate tunnel db.example:5432 --upstream http://user:password@proxy.example:3128 --listen 127.0.0.1:5432
  veilgate tunnel host.example:22 --upstream http://127.0.0.1:3128

For programs that have no proxy settings. The second one goes through a veilgate that runs here, and so by its rules and
routes (its --connect-ports must hold the port). SIGINT or SIGTERM ends it. Exit code 0: ended; 3: the port is taken.`

export const RELOAD_HELP = `
Examples:
  veilgate reload
  veilgate reload --config /etc/veilgate/veilgate.yaml

The new rules and configuration hold whole, for requests from then on, or the old ones stay. Exit code 0: reloaded; 2: a
file is wrong, and where; 3: no veilgate runs here.`

export const LEAKTEST_HELP = `
Examples:
  veilgate leaktest --config veilgate.yaml
  veilgate leaktest --headers strict --upstream socks5h://127.0.0.1:9050
  veilgate leaktest --headers strict --url http://echo.example/headers

Sends what Firefox, Chromium and curl send through a proxy in this process, by every route. Sites, name servers and
upstreams are played on this machine: no packet leaves it, but for the page of --url. A leak is what the header profile
or the route promises to withhold and what arrived all the same; exposed is what they let pass.
Exit code 0: no leak; 1: a leak; 2: the configuration is wrong; 3: no request arrived anywhere.`

export const CONFIG_HELP = `
  print     the effective configuration, secrets masked
  check     read the configuration and the rules as start would
  defaults  every key with its default and what it means, as a file to begin with
  schema    JSON Schema of the file, for editors

Examples:
  veilgate config defaults > veilgate.yaml
  veilgate config check --config veilgate.yaml
  veilgate config print --config veilgate.yaml --default block`
