/* expect: nothing */
/* options: hook=parallel_for */
typedef struct {
    void (*parallel_for)(void *pool, int parts, void (*part)(void *job, int part), void *job);
    void *pool;
    float *out;
} t_inputs;

void t_run(t_inputs *inputs);

static void t_part(void *job, int part)
{
    ((float **)job)[0][part] = 0.0f;
}

void t_run(t_inputs *inputs)
{
    inputs->parallel_for(inputs->pool, 4, t_part, &inputs->out);
}
