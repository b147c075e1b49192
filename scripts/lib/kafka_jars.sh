# Apache Kafka's jars, of the broker and of its command line tools, and the Java that runs them.
#
# To be sourced after `prerequisites.sh`. `require_kafka_jars` sets `KAFKA_JARS` to the folder that has them. At the first
# call Maven fetches them from the repository that it is configured for; what is missing for that is installed where
# apt-get may and `may_install` is not `no`. Otherwise the script ends with one line that says what to install, and the exit
# code of what is not available.
# shellcheck shell=bash disable=SC2154 # `may_install` is the caller's

KAFKA_VERSION=4.3.0
# The oldest that a broker of 4.x runs on.
JAVA_VERSION_MIN=17
# Without it Kafka logs nothing. Its version is that of the log4j which comes with this Kafka.
LOG4J_VERSION=2.25.4
# EX_UNAVAILABLE of sysexits.h: there is no Kafka to be had here, which is not to say that one failed.
UNAVAILABLE=69
MAVEN_DEPENDENCY_PLUGIN=org.apache.maven.plugins:maven-dependency-plugin:3.8.1

require_kafka_jars() {
    KAFKA_JARS="${XDG_CACHE_HOME:-$HOME/.cache}/stream-app/kafka-$KAFKA_VERSION"
    local tools=(java keytool)
    [[ -d "$KAFKA_JARS" ]] || tools+=(mvn)
    require_java_tools "${tools[@]}"
    [[ -d "$KAFKA_JARS" ]] || fetch_kafka_jars
}

require_java_tools() {
    local missing=() found
    find_missing_java_tools "$@"
    if ((${#missing[@]})) && [[ "$may_install" != no ]] && may_install_packages; then
        install_packages "${missing[@]}"
        hash -r
        find_missing_java_tools "$@"
    fi
    if ((${#missing[@]})); then
        echo "error: to be installed: ${missing[*]} (on Debian and Ubuntu: sudo apt-get install ${missing[*]})" >&2
        exit "$UNAVAILABLE"
    fi
    found=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1)
    if ((${found:-0} < JAVA_VERSION_MIN)); then
        echo "error: to be installed: Java $JAVA_VERSION_MIN or newer (found: ${found:-unknown})" >&2
        exit "$UNAVAILABLE"
    fi
}

# Fills the caller's `missing` with the packages that have these tools.
find_missing_java_tools() {
    local tool
    missing=()
    for tool in "$@"; do
        command -v "$tool" >/dev/null && continue
        case $tool in
        mvn) missing+=(maven) ;;
        *) [[ " ${missing[*]} " == *" default-jre-headless "* ]] || missing+=(default-jre-headless) ;;
        esac
    done
}

# Another run may be doing the same: each fetches into a folder of its own, and the first to be done puts it in place.
fetch_kafka_jars() {
    local fetched
    echo "Fetching Apache Kafka $KAFKA_VERSION with Maven (60 MB) ..." >&2
    mkdir -p "${KAFKA_JARS%/*}"
    fetched=$(mktemp -d "$KAFKA_JARS.XXXXXX")
    write_maven_project >"$fetched/pom.xml"
    if ! mvn --batch-mode --quiet -Dstyle.color=never --strict-checksums --file "$fetched/pom.xml" \
        "$MAVEN_DEPENDENCY_PLUGIN:copy-dependencies" -DincludeScope=runtime "-DoutputDirectory=$fetched" \
        </dev/null >"$fetched/maven.log" 2>&1; then
        cat "$fetched/maven.log" >&2
        rm -rf "$fetched"
        echo "error: Maven could not fetch Apache Kafka $KAFKA_VERSION; its own words are above" >&2
        exit "$UNAVAILABLE"
    fi
    # Where the other run was first in between, `mv` would put ours into its folder.
    [[ -d "$KAFKA_JARS" ]] || mv "$fetched" "$KAFKA_JARS"
    rm -rf "$fetched" "${KAFKA_JARS:?}/${fetched##*/}"
}

write_maven_project() {
    cat <<EOF
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>stream-app</groupId>
  <artifactId>kafka-jars</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>$KAFKA_VERSION</version>
    </dependency>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka-tools</artifactId>
      <version>$KAFKA_VERSION</version>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId>
      <artifactId>log4j-slf4j-impl</artifactId>
      <version>$LOG4J_VERSION</version>
    </dependency>
  </dependencies>
</project>
EOF
}
