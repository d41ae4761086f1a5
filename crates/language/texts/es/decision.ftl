# Grados, decisiones y la regla que decidió. Los registros guardan estas frases en inglés.

grade-none = Sin RD
grade-mild = Leve
grade-moderate = Moderada
grade-severe = Grave
grade-proliferative = Proliferativa
# Dentro de una frase.
grade-inside-none = sin RD
grade-inside-mild = leve
grade-inside-moderate = moderada
grade-inside-severe = grave
grade-inside-proliferative = proliferativa

# Una palabra, dos puntos y una frase.
decision-refer = Derivar: la fotografía muestra signos de retinopatía diabética moderada o más grave.
decision-rescreen = Repetir cribado: sin signos de retinopatía diabética derivable; repetir el cribado en el intervalo habitual.
decision-unsure = Revisar: un lector humano debe examinar esta fotografía.
decision-retake = Repetir la fotografía: la fotografía no es evaluable; tome otra.

# Tras «Decidido por».
rule-poor-quality = mala calidad
rule-referable = probabilidad alta
rule-unfamiliar = falta de semejanza
rule-uncertain = incertidumbre
rule-negative = probabilidad baja
rule-between-thresholds = probabilidad intermedia
decided-by = Decidido por: { $rule }.
decided-by-unknown = Regla:

measure-std = dispersión de la probabilidad del grado entre las pasadas
measure-entropy = entropía
measure-expected-entropy = entropía media de las pasadas
measure-mutual-information = discrepancia entre las pasadas
measure-entropy-of-entropies = dispersión de las entropías de las pasadas
measure-variation-ratio = proporción de pasadas que ven otro grado
measure-threshold-distance = cercanía al umbral de derivación
measure-margin = proximidad de los dos grados más probables
measure-max-probability = probabilidad de que el grado sea otro
measure-expected-clinical-cost = pérdida esperada por un grado erróneo

reason-poor-quality-urgent = La calidad, { $quality }, es inferior a { $least }; lo que pudo leerse apunta a derivar, por lo que la nueva fotografía no debe esperar.
reason-poor-quality = La calidad, { $quality }, es inferior a { $least }.
reason-referable = La probabilidad de retinopatía derivable, { $referable }, alcanza o supera el umbral { $threshold }.
reason-unfamiliar = La fotografía no se parece a aquellas con las que aprendió el sistema: sus características quedan { $distance } veces tan lejos como las de ellas en promedio, y el límite son { $limit } veces.
reason-uncertain = La { $measure }, { $uncertainty }, es superior a { $limit }.
reason-negative = La probabilidad de retinopatía derivable, { $referable }, es inferior a { $threshold }, y la { $measure }, { $uncertainty }, es como máximo { $limit }.
reason-between-thresholds = La probabilidad de retinopatía derivable, { $referable }, queda entre { $lower }, por debajo del cual es negativa con seguridad, y { $upper }, a partir del cual se deriva.

prediction-any = cualquier grado
prediction-between = entre { $lowest } y { $highest }
prediction-coverage = { $range }, { $coverage } %
prediction-risk = { $range }, la verdad en promedio como máximo { $grades } grados por encima
prediction-from-to = de { $lowest } a { $highest }

# Lo que explica una explicación.
target-grade = grado { $grade }
target-referable = retinopatía derivable
target-expected = un grado más alto
