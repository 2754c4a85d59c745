/* Two networks in one program. They run one after the other, so they share their scratch memory:
 * one piece of RAM, as large as the larger arena. */
#include <stdio.h>

#include "digits.h"
#include "resnet8.h"

#define LARGER(a, b) ((a) > (b) ? (a) : (b))
#define SCRATCH_BYTES LARGER(DIGITS_ARENA_BYTES, RESNET8_ARENA_BYTES)
#define SCRATCH_ALIGN LARGER(DIGITS_ARENA_ALIGN, RESNET8_ARENA_ALIGN)

static unsigned char scratch[SCRATCH_BYTES + SCRATCH_ALIGN];

static int largest(const float *values, int count)
{
    int best = 0;

    for (int k = 1; k < count; ++k) {
        best = (values[k] > values[best]) ? k : best;
    }
    return best;
}

/* The first place in `scratch` that suits both arenas. */
static void *aligned_scratch(void)
{
    const size_t misfit = (size_t)scratch % SCRATCH_ALIGN;

    return &scratch[(misfit == 0u) ? 0u : (SCRATCH_ALIGN - misfit)];
}

/* A one, as it comes from the camera: two bright columns. */
static int read_digit(void)
{
    static digits_image image;
    static digits_probs probs;
    const digits_inputs inputs = {&image};
    const digits_outputs outputs = {&probs};
    digits_arena *arena = NULL;

    for (int y = 0; y < 8; ++y) {
        image.at[0][0][y][3] = 1.0f;
        image.at[0][0][y][4] = 1.0f;
    }
    if ((digits_arena_at(aligned_scratch(), SCRATCH_BYTES, &arena) != DIGITS_OK) ||
        (digits_run(&inputs, &outputs, arena) != DIGITS_OK)) {
        return -1;
    }
    return largest(probs.at[0], 10);
}

/* Blue above, grey below: CIFAR-10's class 0 is an airplane, 8 a ship. */
static int classify_picture(void)
{
    static resnet8_in_0 picture;
    static resnet8_out_37 classes;
    const resnet8_inputs inputs = {&picture};
    const resnet8_outputs outputs = {&classes};
    resnet8_arena *arena = NULL;

    for (int y = 0; y < 32; ++y) {
        for (int x = 0; x < 32; ++x) {
            picture.at[0][y][x][0] = (y < 16) ? 90.0f : 120.0f;
            picture.at[0][y][x][1] = (y < 16) ? 150.0f : 120.0f;
            picture.at[0][y][x][2] = (y < 16) ? 230.0f : 120.0f;
        }
    }
    if ((resnet8_arena_at(aligned_scratch(), SCRATCH_BYTES, &arena) != RESNET8_OK) ||
        (resnet8_run(&inputs, &outputs, arena) != RESNET8_OK)) {
        return -1;
    }
    return largest(classes.at[0], 10);
}

int main(void)
{
    const int digit = read_digit();
    const int class_of_picture = classify_picture();

    (void)printf("digit %d, picture of class %d\n", digit, class_of_picture);
    return ((digit < 0) || (class_of_picture < 0)) ? 1 : 0;
}
