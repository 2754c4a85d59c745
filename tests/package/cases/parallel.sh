# A clean build by eight jobs, 20 times: two models in one program, tinycc found by pkg-config.
cat >Makefile <<'MAKE'
CFLAGS := -O0
all: product
include $(shell pkg-config --variable=model_mk tinycc)
TINYCC_MAKE = CC="$(CC)" AR="$(AR)" CFLAGS="$(CFLAGS)"
$(eval $(call tinycc_model,first,models/first.yaml))
$(eval $(call tinycc_model,second,models/second.yaml))
product: main.c $(first_lib) $(second_lib)
	$(CC) $(CFLAGS) $(first_include) $(second_include) -o $@ main.c $(first_lib) $(second_lib) -lm
clean:
	rm -rf build product
MAKE
cat >main.c <<'C'
#include "first.h"
#include "second.h"
int main(void) { return (FIRST_OK == SECOND_OK) ? 0 : 1; }
C
for _ in $(seq 20); do
  quiet make clean
  [ ! -d build ]
  quiet make -j8 --warn-undefined-variables
  fails grep -iE 'warning|circular|jobserver' log.txt
  ./product
  fails grep . <<<"$(make -q 2>&1)"
done
