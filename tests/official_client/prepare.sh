# What scripts share that drive hosts with the official client: source it after tests/host.sh, with the versions in
# `versions` and the folder of virtual environments in `environments`. Installs the clients, and writes the files of
# resources and members into the scratch folder.

mkdir -p "$environments"

make_environment() {
  if python3 -m venv --clear "$1" > /dev/null 2>&1; then return; fi
  # Some distributions keep a part of venv in a package of its own.
  if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    timeout 300 apt-get update -qq && timeout 300 apt-get install -qq -y python3-venv > /dev/null
    python3 -m venv --clear "$1"
  else
    timeout 300 python3 -m pip install --quiet --user virtualenv
    python3 -m virtualenv --quiet --clear "$1"
  fi
}

for version in "${versions[@]}"; do
  environment=$environments/$version
  [ -f "$environment/complete" ] && continue
  make_environment "$environment"
  timeout 600 "$environment/bin/pip" install --quiet --disable-pip-version-check \
    "launchdarkly-api==$version"
  touch "$environment/complete"
done

resources() {
  cat << END
{"projectKey": "$1", "kind": "flag", "key": "checkout", "name": "Zebra crossing", "tags": ["payments", "web"]}
{"projectKey": "$1", "kind": "flag", "key": "refund", "name": "Apple", "tags": ["payments"]}
{"projectKey": "$1", "kind": "flag", "key": "search", "name": "Search", "tags": ["web"], "archived": true}
{"projectKey": "$1", "kind": "flag", "key": "theme", "name": "dark mode", "status": "active"}
{"projectKey": "$1", "kind": "segment", "environmentId": "env-1", "key": "beta", "_id": "61f3b0c2", "name": "Beta", "tags": ["internal"]}
{"projectKey": "$1", "kind": "segment", "environmentId": "env-1", "key": "crew", "_id": "61f3b0c3", "name": "Crew", "tags": ["staff"], "external": "amplitude"}
{"projectKey": "$1", "kind": "segment", "environmentId": "env-2", "key": "beta", "_id": "61f3b0c4", "name": "Beta", "tags": ["internal"]}
END
}

for version in "${versions[@]}"; do
  resources "registry-${version//./-}"
done > "$scratch/resources.jsonl"

cat > "$scratch/members.jsonl" << END
{"_id": "member-1", "email": "ada@example.com", "role": "writer"}
END
