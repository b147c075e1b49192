# One node of a Kafka cluster on 127.0.0.1, broker and controller in one: its settings, its start, its end.
#
# To be sourced after `kafka_jars.sh`. A cluster is a folder; node N has `node-N/` in it with `server.properties`, `data/`,
# `log` and `pid`. The callers' variables are `folder`, `nodes` (how many), `create_topics` (true or false) and the arrays of ports.
# shellcheck shell=bash disable=SC2154 # the callers' variables

# Below the ports that systems give to outgoing connections, so that none of those is in the way.
PORT_MIN=20000
PORT_MAX=32000
# A node is ready in seconds; on a machine that is busy with a build it takes longer.
NODE_START_SECONDS_MAX=300
# KAFKA_JAVA_OPTIONS replaces it. A small heap, one collector thread and the quick compiler alone: several clusters share a
# machine with the tests, and live too briefly for the other compiler to pay.
NODE_JAVA_OPTIONS="-Xms128m -Xmx384m -XX:+UseSerialGC -XX:TieredStopAtLevel=1"
# What a node logs once it takes requests and the controller counts it in.
STARTED_LINE="Kafka Server started"

# Sets `plaintext_ports`, `sasl_ports`, `sasl_plaintext_ports` and `controller_ports`: for each node a port that nobody listens on.
choose_ports() {
    local node taken=" "
    plaintext_ports=() sasl_ports=() sasl_plaintext_ports=() controller_ports=()
    for ((node = 1; node <= nodes; node++)); do
        choose_port && plaintext_ports+=("$port")
        choose_port && sasl_ports+=("$port")
        choose_port && sasl_plaintext_ports+=("$port")
        choose_port && controller_ports+=("$port")
    done
}

# Sets `port` to one that is not in the caller's `taken`, and adds it.
choose_port() {
    port=$((PORT_MIN + (RANDOM * 32768 + RANDOM) % (PORT_MAX - PORT_MIN)))
    while [[ "$taken" == *" $port "* ]] || is_listening "$port"; do
        port=$((PORT_MIN + (port + 1 - PORT_MIN) % (PORT_MAX - PORT_MIN)))
    done
    taken+="$port "
}

is_listening() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# `host:port,host:port,...` of these ports.
servers_of() {
    local list
    printf -v list '127.0.0.1:%s,' "$@"
    echo "${list%,}"
}

# The server.properties of a node. `password` is that of the user `client`, `store_password` that of the key store.
node_properties() {
    local node=$1 index=$(($1 - 1)) voters="" number replicas=1 in_sync=1 partitions=1
    for ((number = 1; number <= nodes; number++)); do
        voters+="$number@127.0.0.1:${controller_ports[number - 1]},"
    done
    # Of three nodes one may be killed, and a transaction still commits.
    ((nodes < 3)) || replicas=3 in_sync=2
    # As many as compose.yaml gives topics that it makes.
    [[ "$create_topics" == false ]] || partitions=6
    # What needs a name and no secrecy, such as an access control list, needs no client that is built with TLS.
    local plaintext="PLAINTEXT://127.0.0.1:${plaintext_ports[index]}"
    local sasl="SASL_SSL://127.0.0.1:${sasl_ports[index]},SASL_PLAINTEXT://127.0.0.1:${sasl_plaintext_ports[index]}"
    cat <<EOF
process.roles=broker,controller
node.id=$node
controller.quorum.voters=${voters%,}
controller.listener.names=CONTROLLER
listeners=$plaintext,$sasl,CONTROLLER://127.0.0.1:${controller_ports[index]}
advertised.listeners=$plaintext,$sasl
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs=$folder/node-$node/data

ssl.keystore.type=PKCS12
ssl.keystore.location=$folder/server.p12
ssl.keystore.password=$store_password
sasl.enabled.mechanisms=SCRAM-SHA-512,SCRAM-SHA-256,PLAIN
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_client="$password";
listener.name.sasl_plaintext.sasl.enabled.mechanisms=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_client="$password";

# Who comes in plaintext may do anything; the user \`client\` may too, until a test forbids it with an access control list.
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
allow.everyone.if.no.acl.found=true

auto.create.topics.enable=$create_topics
num.partitions=$partitions
default.replication.factor=$replicas
min.insync.replicas=$in_sync
# Test records carry timestamps of their own, also of 1970, and none may be deleted for its age.
log.retention.ms=-1

offsets.topic.num.partitions=4
offsets.topic.replication.factor=$replicas
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=$replicas
transaction.state.log.min.isr=$in_sync
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=$replicas
share.coordinator.state.topic.min.isr=$in_sync

# Nobody waits: groups form at once, the dead are found soon, abandoned transactions are aborted within a second.
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
group.consumer.min.session.timeout.ms=1000
group.consumer.session.timeout.ms=6000
group.consumer.min.heartbeat.interval.ms=500
group.consumer.heartbeat.interval.ms=1000
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000

# Small, as the heap is.
num.network.threads=2
num.io.threads=4
log.cleaner.dedupe.buffer.size=4194304
EOF
}

# Makes a node's data folder, with the user `client` in the cluster's metadata.
format_node() {
    local node=$1
    # It runs for a second, in which compiling well does not pay.
    java -cp "$KAFKA_JARS/*" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx128m kafka.tools.StorageTool format \
        --cluster-id "$cluster_id" --config "$folder/node-$node/server.properties" \
        --add-scram "SCRAM-SHA-512=[name=client,password=$password]" \
        --add-scram "SCRAM-SHA-256=[name=client,password=$password]" >"$folder/node-$node/log" 2>&1 </dev/null
}

# Starts a node in a process group of its own, so that a terminal's interrupt does not reach it.
launch_node() {
    local node=$1 options
    read -ra options <<<"${KAFKA_JAVA_OPTIONS:-$NODE_JAVA_OPTIONS}"
    wc -c <"$folder/node-$node/log" >"$folder/node-$node/log-start"
    set -m
    java -cp "$KAFKA_JARS/*" "${options[@]}" "-Dlog4j2.configurationFile=$root/scripts/lib/kafka_node_log4j2.xml" \
        kafka.Kafka "$folder/node-$node/server.properties" >>"$folder/node-$node/log" 2>&1 </dev/null &
    echo $! >"$folder/node-$node/pid"
    set +m
    disown
}

# Waits until a node takes requests. Fails if it ends or takes too long.
await_node() {
    local node=$1 deadline=$((SECONDS + NODE_START_SECONDS_MAX))
    # grep reads to the end: if it went at the first match, tail would fail, and the pipe with it.
    until tail -c "+$(($(<"$folder/node-$node/log-start") + 1))" "$folder/node-$node/log" |
        grep "$STARTED_LINE" >/dev/null; do
        if ! is_node_running "$node" || ((SECONDS > deadline)); then
            return 1
        fi
        sleep 0.1
    done
}

# Sends a signal to a node, if it runs. SIGKILL and SIGTERM are waited for.
signal_node() {
    local node=$1 signal=$2
    local process
    is_node_running "$node" || return 0
    process=$(<"$folder/node-$node/pid")
    kill -s "$signal" "$process" 2>/dev/null || return 0
    if [[ "$signal" == KILL || "$signal" == TERM ]]; then
        until is_gone "$process"; do
            sleep 0.05
        done
    fi
}

# Whether a process holds neither port nor file any more. Where its parent has not noticed its end, it is still listed, as
# a zombie; and it has closed its files when the last of its threads has ended.
is_gone() {
    kill -0 "$1" 2>/dev/null || return 0
    local threads=("/proc/$1/task/"*)
    ((${#threads[@]} == 1)) && grep -qs '^State:[[:space:]]*[ZX]' "/proc/$1/status"
}

is_node_running() {
    local node=$1 process
    [[ -e "$folder/node-$node/pid" ]] || return 1
    process=$(<"$folder/node-$node/pid")
    # Its number may have gone to another process.
    [[ "$(command_line_of "$process")" == *"$folder/node-$node/server.properties"* ]]
}

# A process's command line, empty if it ended, also if its parent has not noticed.
command_line_of() {
    if [[ -d /proc/self ]]; then
        tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline" || true
    else
        ps -o args= -p "$1" || true
    fi
}
