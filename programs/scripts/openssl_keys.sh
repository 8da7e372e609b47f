# Public keys: what one side makes the other accepts. Keys and signatures are
# random, so that only the verdicts can be compared.
set -e
work=$(mktemp -d)
cd "$work"
seq 1 1000 >text

verify() {
  openssl pkey -in "$1.pem" -pubout -out "$1.pub"
  openssl pkeyutl -sign -inkey "$1.pem" $2 -in text.digest -out "$1.signature"
  echo "$1: $(openssl pkeyutl -verify -pubin -inkey "$1.pub" $2 \
    -in text.digest -sigfile "$1.signature")"
}

openssl dgst -sha256 -binary text >text.digest
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out rsa.pem
verify rsa "-pkeyopt digest:sha256"
for curve in P-256 P-384 P-521 secp256k1; do
  openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:$curve -out $curve.pem
  verify $curve ""
done
for name in X25519 X448; do
  for side in a b; do
    openssl genpkey -quiet -algorithm $name -out $side.pem
    openssl pkey -in $side.pem -pubout -out $side.pub
  done
  openssl pkeyutl -derive -inkey a.pem -peerkey b.pub -out ab
  openssl pkeyutl -derive -inkey b.pem -peerkey a.pub -out ba
  if cmp ab ba; then echo "$name: both sides agree"; fi
done
openssl genpkey -quiet -algorithm ED25519 -out ed25519.pem
openssl pkey -in ed25519.pem -pubout -out ed25519.pub
openssl pkeyutl -sign -rawin -inkey ed25519.pem -in text -out signature
echo "ed25519: $(openssl pkeyutl -verify -rawin -pubin -inkey ed25519.pub \
  -in text -sigfile signature)"
for number in 170141183460469231731687303715884105727 170141183460469231731687303715884105729; do
  openssl prime $number
done
cd /
rm -r "$work"
