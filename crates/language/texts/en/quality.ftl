# The quality of a photograph. Records keep the faults in English; they are recognised by these texts.

quality-blurred = The photograph is blurred or hazy: focus again, clean the lens, and let the patient blink first.
quality-too-dark = The photograph is too dark: raise the flash, or dilate the pupil.
quality-too-bright = The photograph is overexposed: lower the flash.
quality-uneven = The retina is unevenly lit: centre the pupil, keep the working distance, or dilate the pupil.
quality-partly-visible = Part of the retina is not in the picture: open the eyelids wide and take the whole circle.

quality-sufficient = Good enough to grade
quality-insufficient = Too poor to grade
quality-no-fault = No fault of focus, light or framing was found.
quality-withheld = No grade and no probabilities are shown, because the photograph is too poor to rely on them.
quality-retaking = Focus on the vessels, light the whole retina evenly, and take the whole circle.
quality-not-healthy = Not gradable does not mean healthy: where no better photograph can be taken, the eye needs to be examined.
quality-eye-not-gradable = No photograph of this eye can be graded.
