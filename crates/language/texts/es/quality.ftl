# La calidad de una fotografía. Los registros guardan los defectos en inglés.

quality-blurred = La fotografía está borrosa o velada: enfoque de nuevo, limpie el objetivo y deje que el paciente parpadee antes.
quality-too-dark = La fotografía está demasiado oscura: aumente el flash o dilate la pupila.
quality-too-bright = La fotografía está sobreexpuesta: reduzca el flash.
quality-uneven = La retina está iluminada de forma desigual: centre la pupila, mantenga la distancia de trabajo o dilate la pupila.
quality-partly-visible = Parte de la retina queda fuera de la imagen: abra bien los párpados y capte el círculo completo.

quality-sufficient = Suficiente para clasificarla
quality-insufficient = Insuficiente para clasificarla
quality-no-fault = No se encontró ningún defecto de enfoque, iluminación o encuadre.
quality-withheld = No se muestran ni el grado ni las probabilidades, porque la fotografía es demasiado deficiente para fiarse de ellos.
quality-retaking = Enfoque los vasos, ilumine toda la retina por igual y capte el círculo completo.
quality-not-healthy = No evaluable no significa sano: si no puede tomarse una fotografía mejor, hay que explorar el ojo.
quality-eye-not-gradable = Ninguna fotografía de este ojo es evaluable.
