# Los ojos, el paciente y lo que dicen los lectores.

eye-left = Ojo izquierdo (OI)
eye-right = Ojo derecho (OD)
eye-not-stated = Ojo no indicado
# Dentro de una frase.
eye-inside-left = ojo izquierdo
eye-inside-right = ojo derecho
eye-inside-not-stated = ojo, no indicado

patient-refer = Al menos un ojo muestra signos que requieren un oftalmólogo.
patient-rescreen = Ningún ojo muestra signos que requieran un oftalmólogo.
patient-unsure = El sistema no está seguro de al menos un ojo: decide un lector.
unanswered-unstated = No pudo clasificarse una fotografía de la que no se indica qué ojo muestra; puede mostrar lo que las demás no.
unanswered-untold = No se indica qué ojo muestra cada fotografía, de modo que puede que uno no se haya visto.
unanswered-right = Ninguna fotografía muestra el ojo derecho lo bastante bien para clasificarlo.
unanswered-left = Ninguna fotografía muestra el ojo izquierdo lo bastante bien para clasificarlo.
unanswered-both = Ninguna fotografía muestra ninguno de los dos ojos lo bastante bien para clasificarlos.

review-agreed = De acuerdo
review-agreed-with = con { $grade }
review-overruled = Corregido: { $grade }
review-ungradable = No evaluable

eyes-title = El paciente
eyes-keys = Teclas: <kbd>R</kbd> (derecho) o <kbd>L</kbd> (izquierdo) elige el ojo (<kbd>E</kbd> uno no indicado); después <kbd>A</kbd> confirma, <kbd>O</kbd> corrige y <kbd>U</kbd> lo declara no evaluable.
eyes-with-one-reader = Con lo que dijo un lector
eyes-grade = <strong>{ $grade }</strong>, grado { $number }
eyes-worst-of = la peor de { $count } fotografías:
eyes-photograph = fotografía { $number }
eyes-reviews = Revisiones
eyes-read-by-one = Leído por un lector
eyes-blind-note = Si no fue usted, dé primero su propia lectura: vale más si no ha visto esta.
eyes-differ = Lo resuelve un tercer lector.
eyes-settled = Resuelto: <strong>{ $verdict }</strong>, leído por { $readers } lectores.
eyes-ungradable = no evaluable
eyes-agree = De acuerdo
eyes-call-ungradable = No evaluable
eyes-overrule = Corregir
eyes-grade-it = Clasificarlo
eyes-grade-label = Grado
eyes-reason = Motivo
eyes-save = Guardar
eyes-reader = Lector
eyes-settled-as = Resuelto:

# Lo que el disco óptico dice del ojo.
eye-by-disc = { $eye }, según su disco óptico
eye-state = Indique el ojo:
eye-in-doubt = Hay dudas sobre qué ojo muestra una fotografía
eye-doubt-photograph = Fotografía { $number }
doubt-right-recorded = La cabecera del archivo indica ojo derecho, pero la fotografía consta como ojo izquierdo: compruébelo antes de actuar.
doubt-left-recorded = La cabecera del archivo indica ojo izquierdo, pero la fotografía consta como ojo derecho: compruébelo antes de actuar.
doubt-right-called-left = El disco óptico está donde lo tiene un ojo derecho, pero la fotografía consta como ojo izquierdo: compruébelo antes de actuar.
doubt-left-called-right = El disco óptico está donde lo tiene un ojo izquierdo, pero la fotografía consta como ojo derecho: compruébelo antes de actuar.
doubt-right-unstated = El disco óptico está donde lo tiene un ojo derecho; nadie indicó el ojo.
doubt-left-unstated = El disco óptico está donde lo tiene un ojo izquierdo; nadie indicó el ojo.
doubt-both = El mismo archivo se entregó también como el otro ojo: compruébelo antes de actuar.
unanswered-disputed = El disco óptico de una fotografía o la cabecera de su archivo indica el otro ojo, o el mismo archivo se entregó como ambos ojos, de modo que puede que un ojo no se haya visto: indique qué ojo muestra.
unanswered-unread = Un archivo entregado no pudo leerse como fotografía de la retina; puede que mostrara lo que las demás no. Entréguelo de nuevo o haga que se lean ambos ojos.
