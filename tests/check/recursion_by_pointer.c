/* expect: recursion at 12 */
/* options: hook=parallel_for */
typedef void (*t_part)(void *job);
typedef struct {
    void (*parallel_for)(t_part part, void *job);
} t_inputs;

void t_run(void *job);

void t_run(void *job)
{
    ((const t_inputs *)job)->parallel_for(t_run, job);
}
