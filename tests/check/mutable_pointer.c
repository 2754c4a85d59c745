/* expect: mutable-global at 4 */
const char *t_name(int i);

static const char *t_names[2] = {"image", "probs"}; /* the pointers are not const */

const char *t_name(int i)
{
    return t_names[i];
}
