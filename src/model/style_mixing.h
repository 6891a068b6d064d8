/* Style mixing (Karras et al. 2019, 1812.04948), an option of the StyleGAN baseline: two latents are mapped for each
 * picture; its stages below crossover[n] have the first one's w, the others the second's. w and dw: 2 N x L, the second
 * latents' behind the first; styles and dstyles: S x N x L. */
#ifndef MODEL_STYLE_MIXING_H
#define MODEL_STYLE_MIXING_H

void style_mixing_forward(float *styles, const float *w, const int *crossover, int stages, int count, int latent);

/* dw is overwritten. */
void style_mixing_backward(float *dw, const float *dstyles, const int *crossover, int stages, int count, int latent);

#endif
