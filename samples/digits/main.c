/* Reads handwritten digits with the network that tinycc compiled, and says how many it got right.
 *
 *     digits IMAGES.npy LABELS.npy       float32 [n,1,8,8] and uint8 [n]
 *
 * Everything that the network needs is here: an arena, an input, an output, one call. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digits.h"

#define PIXELS 64
#define SHOWN 5         /* pictures side by side */
#define IMAGES_MAX 2000 /* what we have room for */

static float images[IMAGES_MAX][PIXELS];
static unsigned char labels[IMAGES_MAX];
static int guesses[IMAGES_MAX];

static void fail(const char *path, const char *reason)
{
    (void)fprintf(stderr, "digits: %s: %s\n", path, reason);
    exit(EXIT_FAILURE);
}

/* Opens a .npy file (version 1) of elements `type` and stops before its data. The header is a line
 * of text whose length stands in bytes 8 and 9. */
static FILE *open_npy(const char *path, const char *type)
{
    unsigned char head[10];
    char text[256];
    size_t length;
    FILE *file = fopen(path, "rb");

    if (file == NULL) {
        fail(path, "cannot be opened");
    }
    if ((fread(head, 1, sizeof head, file) != sizeof head) ||
        (memcmp(head, "\x93NUMPY\x01", 7) != 0)) {
        fail(path, "is no .npy file");
    }
    length = (size_t)head[8] + 256u * (size_t)head[9];
    if ((length >= sizeof text) || (fread(text, 1, length, file) != length)) {
        fail(path, "has a damaged header");
    }
    text[length] = '\0';
    if ((strstr(text, type) == NULL) || (strstr(text, "'fortran_order': False") == NULL)) {
        fail(path, "has elements of another type or order");
    }
    return file;
}

/* The data is little-endian; this works on machines of either order. */
static float float_of(const unsigned char *bytes)
{
    const uint32_t bits = (uint32_t)bytes[0] | ((uint32_t)bytes[1] << 8) |
                          ((uint32_t)bytes[2] << 16) | ((uint32_t)bytes[3] << 24);
    float value;

    (void)memcpy(&value, &bits, sizeof value);
    return value;
}

static int read_images(const char *path)
{
    FILE *file = open_npy(path, "'<f4'");
    unsigned char bytes[PIXELS * 4];
    int count = 0;

    while ((count < IMAGES_MAX) && (fread(bytes, 1, sizeof bytes, file) == sizeof bytes)) {
        for (int i = 0; i < PIXELS; ++i) {
            images[count][i] = float_of(&bytes[4 * i]);
        }
        ++count;
    }
    (void)fclose(file);
    return count;
}

static int read_labels(const char *path)
{
    FILE *file = open_npy(path, "'|u1'");
    const int count = (int)fread(labels, 1, IMAGES_MAX, file);

    (void)fclose(file);
    return count;
}

/* The network at work. */
static int recognise(const float *pixels)
{
    static digits_arena arena;
    static digits_image image;
    static digits_probs probs;
    const digits_inputs inputs = {&image};
    const digits_outputs outputs = {&probs};
    int best = 0;

    (void)memcpy(&image, pixels, sizeof image);
    if (digits_run(&inputs, &outputs, &arena) != DIGITS_OK) {
        (void)fputs("digits: digits_run failed\n", stderr);
        exit(EXIT_FAILURE);
    }
    for (int digit = 1; digit < 10; ++digit) {
        if (probs.at[0][digit] > probs.at[0][best]) {
            best = digit;
        }
    }
    return best;
}

/* A character as dark as `grey`, 0 to 1. */
static char ink(float grey)
{
    static const char inks[] = " .:-=+*#%@";

    return (grey >= 1.0f) ? '@' : inks[(grey > 0.0f) ? (int)(grey * 10.0f) : 0];
}

/* Pictures side by side, under each what was recognised. */
static void show(const int *which, int count)
{
    for (int row = 0; row < 8; ++row) {
        for (int i = 0; i < count; ++i) {
            for (int column = 0; column < 8; ++column) {
                const char dot = ink(images[which[i]][8 * row + column]);
                (void)printf("%c%c", dot, dot);
            }
            (void)printf("%s", (i + 1 < count) ? "  " : "\n");
        }
    }
    for (int i = 0; i < count; ++i) {
        const int guess = guesses[which[i]];
        const int label = labels[which[i]];
        const char *gap = (i + 1 < count) ? "  " : "\n\n";
        if (guess == label) {
            (void)printf("read as %d       %s", guess, gap);
        } else {
            (void)printf("read as %d, not %d%s", guess, label, gap);
        }
    }
}

int main(int argc, char **argv)
{
    int first[SHOWN], wrong[SHOWN], count, first_count = 0, wrong_count = 0, right = 0;

    if (argc != 3) {
        (void)fputs("usage: digits IMAGES.npy LABELS.npy\n", stderr);
        return EXIT_FAILURE;
    }
    count = read_images(argv[1]);
    if ((count == 0) || (read_labels(argv[2]) != count)) {
        fail(argv[2], "has not one label for each image");
    }
    for (int i = 0; i < count; ++i) {
        guesses[i] = recognise(images[i]);
        if (guesses[i] == labels[i]) {
            ++right;
        } else if (wrong_count < SHOWN) {
            wrong[wrong_count++] = i;
        }
        if (first_count < SHOWN) {
            first[first_count++] = i;
        }
    }
    show(first, first_count);
    if (wrong_count > 0) {
        (void)printf("Misread:\n");
        show(wrong, wrong_count);
    }
    (void)printf("%d of %d held-out images right: %.1f %%\n", right, count,
                 100.0 * (double)right / (double)count);
    return EXIT_SUCCESS;
}
