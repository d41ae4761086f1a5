# Una fotografía: la decisión, la respuesta, su calidad y cómo leer las explicaciones.

photograph-title = Fotografía { $number } de { $count }:
photograph-pixels = { $width } × { $height } píxeles
photograph-patient = Paciente
photograph-pending = En evaluación
photograph-pending-meaning = El resultado aparecerá aquí en cuanto esté disponible.
photograph-not-usable = No utilizable
photograph-grade = Retinopatía diabética, grado { $number } de 0 a 4
photograph-disease = Retinopatía diabética
photograph-decision = Decisión
photograph-not-gradable = No evaluable
photograph-retaking = Al repetir la fotografía
photograph-quality = Calidad de la fotografía
photograph-quality-scale = Calidad de 0 a 1
photograph-quality-verdict = <strong>{ $score }</strong> sobre 1. { $verdict }.
photograph-explanations = Cómo leer las explicaciones
photograph-explanations-meaning = El azul habla a favor del grado; el rojo (o el amarillo, si se elige), en contra; ambos en una misma escala en cada imagen. Muestran lo que usó la red, no dónde hay lesiones.
photograph-explanation-pending = Se está calculando.
photograph-explanation-failed = No pudo calcularse para esta fotografía.
photograph-explanation-empty = El mapa está vacío: nada en la imagen habló a favor ni en contra del grado.
photograph-explanation-complete = El mapa suma la puntuación con un margen del { $percent } %.
