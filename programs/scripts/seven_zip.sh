# The benchmark compares what it has unpacked with what it packed.
set -e
7zr b 1 -mmt1 -md18
work=$(mktemp -d)
cd "$work"
seq 1 20000 >numbers
head -c 300000 /usr/bin/perl >program
# The archive holds their times.
touch -d '2020-02-20 20:20 UTC' numbers program
7zr a -mmt1 -mx5 packed.7z numbers program >/dev/null
7zr t packed.7z | grep -E 'Everything|Files|Size'
7zr l -slt packed.7z | grep -E '^(Path|Size|Packed Size|CRC|Method) ='
mkdir out
cd out
7zr x ../packed.7z >/dev/null
cmp ../numbers numbers
cmp ../program program
echo "unpacked files are the packed ones"
cd /
rm -r "$work"
