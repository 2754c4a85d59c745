/* expect: loop-kind at 8 */
void t_run(float *x);

void t_run(float *x)
{
    int i = 0;

    do {
        x[i] = 0.0f;
        ++i;
    } while (i < 4);
}
