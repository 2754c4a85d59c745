/* Says what is on a picture, with the network that tinycc compiled.
 *
 *     resnet8 PICTURE.ppm        32 x 32 pixels, binary PPM (P6), 255 levels */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "resnet8.h"

#define SIDE 32
#define CLASSES 10
#define SHOWN 3
#define RUNS 100 /* for the time of one */

static const char *const classes[CLASSES] = {"airplane", "automobile", "bird",  "cat",  "deer",
                                             "dog",      "frog",       "horse", "ship", "truck"};

static resnet8_arena arena;
static resnet8_in_0 picture;
static resnet8_out_37 probabilities;

static void fail(const char *path, const char *reason)
{
    (void)fprintf(stderr, "resnet8: %s: %s\n", path, reason);
    exit(EXIT_FAILURE);
}

/* Levels 0 .. 255 as they are: the network was trained on them. */
static void read_picture(const char *path)
{
    unsigned char pixels[SIDE][SIDE][3];
    int width = 0;
    int height = 0;
    int levels = 0;
    FILE *file = fopen(path, "rb");

    if (file == NULL) {
        fail(path, "cannot be opened");
    }
    if ((fscanf(file, "P6 %d %d %d", &width, &height, &levels) != 3) || (width != SIDE) ||
        (height != SIDE) || (levels != 255) || (fgetc(file) == EOF)) {
        fail(path, "is no binary PPM of 32 x 32 pixels and 255 levels");
    }
    if (fread(pixels, 1, sizeof pixels, file) != sizeof pixels) {
        fail(path, "ends too soon");
    }
    (void)fclose(file);
    for (int y = 0; y < SIDE; ++y) {
        for (int x = 0; x < SIDE; ++x) {
            for (int colour = 0; colour < 3; ++colour) {
                picture.at[0][y][x][colour] = (float)pixels[y][x][colour];
            }
        }
    }
}

static void run(void)
{
    const resnet8_inputs inputs = {&picture};
    const resnet8_outputs outputs = {&probabilities};

    if (resnet8_run(&inputs, &outputs, &arena) != RESNET8_OK) {
        fail("resnet8_run", "refused");
    }
}

int main(int argc, char **argv)
{
    clock_t start;
    clock_t end;

    if (argc != 2) {
        fail("usage", "resnet8 PICTURE.ppm");
    }
    read_picture(argv[1]);
    start = clock();
    for (int k = 0; k < RUNS; ++k) {
        run();
    }
    end = clock();
    for (int place = 0; place < SHOWN; ++place) {
        int best = 0;

        for (int k = 1; k < CLASSES; ++k) {
            best = (probabilities.at[0][k] > probabilities.at[0][best]) ? k : best;
        }
        (void)printf("%-10s %5.1f %%\n", classes[best], 100.0 * (double)probabilities.at[0][best]);
        probabilities.at[0][best] = -1.0f;
    }
    (void)fprintf(stderr, "%.0f microseconds a run\n",
                  (double)(end - start) * 1e6 / CLOCKS_PER_SEC / RUNS);
    return 0;
}
