# El informe en PDF.

report-patient = Paciente
report-page = Página { $page } de { $pages }
report-evidence = Evidencia
report-across = Diámetro
report-by-itself = Por sí solo
report-photograph = Fotografía
report-review = Revisión del lector:
report-other-review = Otra revisión:
report-system-answer = La respuesta del sistema
report-refused = Fotografías no utilizables
report-measured = Cómo se midió el modelo
report-not-stated = no indicado
report-year-of-birth = Año de nacimiento
report-photographs = Fotografías
report-photographs-received = { $count }, recibidas { $moment }
report-screening = Cribado
report-made = Informe hecho
report-made-by = { $moment }, por { $person }
report-no-photograph = Sin fotografía
report-no-photograph-known = No consta ninguna fotografía de este ojo.
report-graded-by = Con qué se clasificó la fotografía { $number }
report-worst-of = La peor de { $count } fotografías: la fotografía { $number }.
report-short-answer = grado { $number } de 0 a 4 · { $word }
report-model = Modelo
report-other-model = La fotografía { $number } la clasificó otro modelo, versión { $version }: las cifras anteriores no son las suyas.

report-readers-differ = { $eye }: los lectores difieren; lo resuelve un tercero.
report-decided-by-reader = { $eye }: decidido por la revisión del lector.
report-decided-by-photograph = { $eye }, fotografía { $number }. { $rule } { $reason }
report-decided-by-gap = { $eye }: el sistema no pudo clasificar todas las fotografías, por lo que decide un lector.

report-alternative = Fotografía { $number }, { $eye }, recortada a su campo de visión.
report-outlined =
    { $count ->
        [one] Contorneado: 1 lugar que conviene mirar.
       *[other] Contorneados: { $count } lugares que conviene mirar.
    }
report-not-graded = Sin clasificar
report-answer = { $grade }, grado { $number }
report-referable = { $word }. Derivable: { $referable }.
report-no-places = No se calcularon lugares que conviene mirar.
report-quality-line = Calidad { $score } sobre 1. { $verdict }.
report-quality-score = { $score } sobre 1.
report-possible-grades = Grados posibles
report-referable-retinopathy = Retinopatía derivable
report-how-sure = Certeza
report-likeness = Semejanza
report-quality = Calidad
report-rule = Regla
report-examined = Explorado
report-camera = Cámara
report-operator = Fotografiado por
