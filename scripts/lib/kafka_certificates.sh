# The certificates of a test cluster: an authority made for it alone, and the key that its nodes serve TLS with.
#
# To be sourced. Everything is made with Java's own keytool, so that nothing else has to be installed.
# shellcheck shell=bash disable=SC2154 # the callers' variables

# Longer than any cluster runs.
CERTIFICATE_DAYS=30

# Makes `server.p12` for the nodes and `ca.pem` for clients, in the caller's `folder`, with `store_password`. The
# authority's key is not kept.
make_certificates() {
    local store="$folder/server.p12"
    keytool_with "$store" -genkeypair -alias authority -keyalg EC -validity "$CERTIFICATE_DAYS" \
        -dname "CN=Test authority of scripts/kafka" -ext bc:c=ca:true -ext ku:c=keyCertSign &&
        keytool_with "$store" -genkeypair -alias server -signer authority -keyalg EC -validity "$CERTIFICATE_DAYS" \
            -dname "CN=localhost" -ext san=ip:127.0.0.1,dns:localhost -ext eku=serverAuth &&
        keytool_with "$store" -exportcert -rfc -alias authority -file "$folder/ca.pem" &&
        keytool_with "$store" -delete -alias authority
}

# keytool writes its errors to stdout and its notes to stderr.
keytool_with() {
    local store=$1
    shift
    keytool -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC "$@" -storetype PKCS12 -keystore "$store" \
        -storepass "$store_password" >"$folder/keytool.log" 2>&1 </dev/null || {
        cat "$folder/keytool.log" >&2
        return 1
    }
}
