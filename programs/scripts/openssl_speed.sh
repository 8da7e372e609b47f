# A second each of what OpenSSL has in assembler for this processor.
for name in aes-128-cbc aes-256-ctr aes-128-gcm aes-128-xts chacha20-poly1305 \
  sha1 sha256 sha512 sha3-256; do
  openssl speed -seconds 1 -bytes 8192 -evp $name 2>&1
done
openssl speed -seconds 1 -bytes 8192 ghash 2>&1
