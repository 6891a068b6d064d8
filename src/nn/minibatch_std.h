/* Minibatch standard deviation (Karras et al. 2018, 1710.10196): the standard deviation over a group of pictures of
 * each feature at each pixel, sqrt(biased variance + 1e-8), averaged over all of them, is one more channel of constant
 * value for each picture of the group: a collapsing batch shows. Groups are of four consecutive pictures; the whole
 * batch is one where four do not divide it.
 * Here behind 4x4 maps: x is C x N x 16, the new channel N x 16 follows it in memory. */
#ifndef NN_MINIBATCH_STD_H
#define NN_MINIBATCH_STD_H

/* x: C x N x 16, followed by memory for one channel more, which is written. */
void minibatch_std_forward(float *x, int batch, int channels);

/* dx: (C + 1) x N x 16, the gradient at the result: its first C channels become the one at x. */
void minibatch_std_backward(float *dx, const float *x, int batch, int channels);

#endif
