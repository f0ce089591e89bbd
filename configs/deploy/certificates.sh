#!/bin/sh
# Certificates by which the processes of a cluster know each other: those of an authority, and one for each host.
#
#   sh certificates.sh FOLDER HOST...
#
# HOST is what the others reach a machine by, a name or an address. Makes FOLDER/ca.pem, FOLDER/HOST.pem and FOLDER/HOST.key; with
# the same FOLDER again it adds hosts. FOLDER/ca.key signs: keep it off the cluster.
set -eu
folder=$1
shift
mkdir -p "$folder"
cd "$folder"
umask 077

if [ ! -f ca.key ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj '/CN=tweetmill cluster' \
        -addext 'keyUsage=critical,keyCertSign' -keyout ca.key -out ca.pem 2>/dev/null
fi
for host in "$@"; do
    case $host in
        *[!0-9.:]*) name=DNS:$host ;;
        *) name=IP:$host ;;
    esac
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$host" \
        -keyout "$host.key" -out "$host.csr" 2>/dev/null
    printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\n' "$name" >"$host.ext"
    openssl x509 -req -in "$host.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 825 -extfile "$host.ext" \
        -out "$host.pem" 2>/dev/null
    rm "$host.csr" "$host.ext"
done
