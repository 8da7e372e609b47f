# Arithmetic of all kinds, printed exactly.
use strict;
use warnings;
use integer ();
use Math::BigFloat;
use Math::BigInt;
use Math::BigRat;
use Math::Complex;
use Math::Trig qw(pi great_circle_distance);
use POSIX ();

my @numbers = (
    0, -0.0, 1, -1, 0.1, 1 / 3, 1e16, 1e-16, 4503599627370497.5, 9007199254740993,
    1.7976931348623157e308, 2.2250738585072014e-308, 4.9406564584124654e-324,
    9**9**9, -9**9**9, -sin(9**9**9), 18446744073709551615, -9223372036854775808,
    9223372036854775807, 4294967296.5, -2147483648.5, 3.5, -2.5, 1e300,
);

sub show { return join ' ', map { sprintf '%.17g', $_ } @_ }

for my $x (@numbers) {
    for my $y (@numbers) {
        my @results = ($x + $y, $x - $y, $x * $y);
        push @results, $y == 0 ? 'none' : $x / $y;
        push @results, $x <=> $y if $x == $x && $y == $y;
        print join(' ', map { defined $_ && $_ ne 'none' ? sprintf '%.17g', $_ : 'none' } @results), "\n";
    }
    print 'bytes ', unpack('H*', pack 'd>', $x), ' ', unpack('H*', pack 'f>', $x), "\n";
    printf "%s %a %e %g %.3f %s\n", $x, $x, $x, $x, abs($x) < 1e20 ? $x : 0, int $x;
}

for my $i (1 .. 300) {
    my $x = $i / 7.3;
    print show(
        sqrt $x, exp($x / 10), log $x, sin $x, cos $x, atan2($x, 2), $x**1.7, $x**-3,
        POSIX::fmod($x, 0.3), POSIX::floor(-$x), POSIX::ceil($x), POSIX::tan($x),
        POSIX::sinh($x / 50), POSIX::acos(1 / ($x + 1)), POSIX::cbrt($x), POSIX::lgamma($x),
        POSIX::erf($x / 9), POSIX::expm1($x / 100), POSIX::log1p($x), POSIX::hypot($x, 3),
        POSIX::remainder($x, 0.7), POSIX::nearbyint($x * 3.5), POSIX::fma($x, $x, -$x),
    ), "\n";
}

my $state = 12345;
for my $i (1 .. 300) {
    # Numerical Recipes' generator, in 64 bits.
    $state = ($state * 1664525 + 1013904223) & 0xffffffff;
    my $other = ($state >> 7) | 1;
    print join(' ', $state % $other, $state & $other, $state | $other, $state ^ $other,
        ~$state, $state << ($i % 33), $state >> ($i % 31),
        do { use integer; (-$state / $other, -$state % $other, -$state >> 3) }), "\n";
}

print Math::BigInt->new(3)->bpow(500), "\n";
print Math::BigInt->bfac(150), "\n";
print Math::BigInt->new('123456789012345678901234567890')->bmodpow('987654321', '1000000000000000000000000000057'), "\n";
print Math::BigFloat->bpi(150), "\n";
print Math::BigFloat->new(2)->bsqrt(120), "\n";
print Math::BigFloat->new('0.5')->bexp(80), "\n";
print Math::BigRat->new('3/7') * Math::BigRat->new('14/9') + Math::BigRat->new('1/11'), "\n";
print cplx(3, 4) * cplx(-1, 2), ' ', sqrt(cplx(-4, 0)), ' ', exp(cplx(0, pi / 3)), "\n";
print great_circle_distance(0.1, 1.2, 2.3, 0.4, 6378), "\n";

printf "%s\n", join ' ', map { sprintf '%08b', $_ * 37 % 256 } 1 .. 20;
printf "%s\n", unpack '%32C*', join '', map { chr($_ * 31 % 256) } 1 .. 10000;
printf "%d %s %s %u %x %o\n", -7.9, '1e3' + 1, '0x1f' =~ /f/ ? hex '1f' : 0, 2**53 + 1, 2**40 + 255, 2**33 + 7;
srand 42;
print join(' ', map { sprintf '%.15f', rand } 1 .. 20), "\n";
