exec python3 -m test -v test_math test_float test_decimal test_struct test_cmath \
  test_zlib test_hashlib 2>&1
