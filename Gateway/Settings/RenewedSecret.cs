namespace RigKafka.Settings;

/// <summary>Secrets that a node takes up while it runs, when their files change.</summary>
/// <param name="Name">What they are for, in words.</param>
/// <param name="TakeUp">Reads them anew, and says whether they are others than before. It is given a reader without mistakes so far; where it finds one, it takes up nothing.</param>
internal sealed record RenewedSecret(string Name, Func<SettingsReader, bool> TakeUp);
