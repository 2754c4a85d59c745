/* Which digit is on a picture of 8 x 8 pixels, 0.0 to 16.0? The model's scratch memory is the
 * caller's: one for each thread that calls. */
#ifndef CLASSIFY_H
#define CLASSIFY_H

#include "digits.h"

/* 0 to 9, or -1. */
int classify(const digits_image *image, digits_arena *arena);

#endif
