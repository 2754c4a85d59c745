/* Opens a network on a device, runs it twice, closes it twice; says what came of it. */
#include "digits.h"

#include <stdio.h>

int main(void)
{
    static digits_device device;
    static digits_image image;
    static digits_probs probs;
    const digits_inputs inputs = {&image};
    const digits_outputs outputs = {&probs};
    digits_status status = digits_open(&device, NULL);

    for (int k = 0; (k < 2) && (status == DIGITS_OK); ++k) {
        status = digits_run(&inputs, &outputs, &device);
    }
    printf("%d %d", (int)status, (int)device.rt.error);
    printf("%s%s\n", (status != DIGITS_OK) ? " " : "", tinycc_rt_device_message(&device.rt));
    (void)fflush(stdout);
    digits_close(&device);
    digits_close(&device);
    return 0;
}
