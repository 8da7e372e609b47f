# Pipelines of small programs, each an exec, and busybox's own of some of them.
seq 1 50000 | sort -R --random-source=/usr/bin/perl | sort -n | md5sum
seq 1 20000 | shuf --random-source=/usr/bin/perl | cksum
seq -f %.3f 0 0.37 3000 | sort -g | sha256sum
seq 0.1 0.1 10 | paste -sd+
factor 18446744073709551557 1000000016000000063 340282366920938463463374607431768211297
printf '%a %.20g %e\n' 0.1 0.1 1e-310 3.4e38 1e300 -1e-5 2.5 123456789.125
numfmt --to=iec 1234567890123 1024 999999
printf '%s\n' 3 20 100 1 | sort -n | tac | nl
head -c 300000 /usr/bin/perl | base64 | tr a-z A-Z | fold -w 61 | tail -n 3
head -c 1000000 /usr/bin/perl | gzip -9n | gzip -d | b2sum
head -c 1000000 /usr/bin/perl | bzip2 | bzip2 -d | sha512sum
head -c 1000000 /usr/bin/perl | busybox gzip | busybox zcat | busybox sha1sum
head -c 300000 /usr/bin/perl | od -An -tx8z -w24 | sum
mawk 'BEGIN { for (i = 1; i <= 40; i++) printf "%.15g %.15g %.15g %d\n", exp(i / 7), log(i), sin(i) * cos(i), i ^ 9 }'
busybox awk 'BEGIN { for (i = 1; i <= 40; i++) printf "%.15g %.15g %.15g\n", sqrt(i), atan2(i, 3), i ^ -1.5; srand(7); for (i = 0; i < 20; i++) printf "%d ", int(rand() * 1000); print "" }'
for number in 1 2 3 4 5 6 7 8 9 10; do expr $number '*' 123456789 / 7; done
bash -c 'for ((i = 1; i < 63; i += 7)); do echo $(((1 << i) / 3 % 1000003)) $((-(1 << i) >> 3)) $(((1 << i) ^ (0x5a5a << 7))); done'
i=0
while [ $i -lt 200 ]; do /bin/true && i=$((i + 1)); done
echo "200 programs started: $i"
find /etc /usr/bin | sort | cksum
