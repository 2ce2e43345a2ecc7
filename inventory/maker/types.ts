import ts from 'typescript';

/** A type as text, and the types inside it that have no public name, each with the path that leads to it. */
interface Told {
  readonly text: string;
  readonly inside: readonly { readonly suffix: string; readonly type: ts.Type }[];
}

/**
 * Tells types by the names that users of the package can import. What has no public name is told member by member, so
 * that an internal name can change without a change of the inventory.
 */
export class TypePrinter {
  /** Types that are being told: one inside itself is told by its name. */
  readonly #telling = new Set<ts.Type>();

  constructor(
    private readonly checker: ts.TypeChecker,
    /** Symbols that have a public name. */
    private readonly publicNames: ReadonlyMap<ts.Symbol, string>,
    /** Whether a file belongs to the project. */
    private readonly isOwn: (file: ts.SourceFile) => boolean,
    /** Names of types that are not opened. */
    private readonly opaque: ReadonlySet<string>,
  ) {}

  /** One line for each fact of an export. */
  export(name: string, symbol: ts.Symbol): readonly string[] {
    return [...this.valueLines(name, symbol), ...this.typeLines(name, symbol)];
  }

  /** `path: type`, then the members of what has no public name. */
  member(path: string, type: ts.Type, isOptional = false, above: readonly ts.Type[] = []): readonly string[] {
    const { text, inside } = this.tell(type);
    const line = `${path}${isOptional ? '?' : ''}: ${text}`;
    return [line, ...inside.flatMap((part) => this.members(path + part.suffix, part.type, above))];
  }

  /** The members of a type. A type inside itself is opened once. */
  members(path: string, type: ts.Type, above: readonly ts.Type[] = []): readonly string[] {
    if (above.includes(type)) return [];
    const next = [...above, type];
    const named = this.checker
      .getPropertiesOfType(type)
      .filter((property) => this.isMember(property))
      .flatMap((property) => this.property(path, property, next));
    const indexed = this.checker
      .getIndexInfosOfType(type)
      .flatMap((info) => this.member(`${path}[${this.tell(info.keyType).text}]`, info.type, false, next));
    const calls = type.getCallSignatures().flatMap((signature) => this.signature(path, signature, next));
    return [...named, ...indexed, ...calls];
  }

  private valueLines(name: string, symbol: ts.Symbol): readonly string[] {
    const declaration = symbol.valueDeclaration;
    if (declaration === undefined) return [];
    const type = this.checker.getTypeOfSymbolAtLocation(symbol, declaration);
    if (symbol.flags & ts.SymbolFlags.Class) return this.classLines(name, symbol, type);
    const calls = type.getCallSignatures();
    if (calls.length > 0) return calls.flatMap((call) => this.signature(`function ${name}`, call, []));
    return this.member(`const ${name}`, type);
  }

  private classLines(name: string, symbol: ts.Symbol, type: ts.Type): readonly string[] {
    const declared = this.checker.getDeclaredTypeOfSymbol(symbol);
    const bases = (this.checker.getBaseTypes(declared as ts.InterfaceType) as readonly ts.Type[]).map(
      (base) => this.tell(base).text,
    );
    const made = type.getConstructSignatures().flatMap((call) => this.signature(`new ${name}`, call, [declared]));
    const statics = this.checker
      .getPropertiesOfType(type)
      .filter((property) => property.name !== 'prototype' && this.isMember(property))
      .flatMap((property) => this.property(`static ${name}`, property, [declared]));
    return [`class ${name}${bases.length > 0 ? ` extends ${bases.join(', ')}` : ''}`, ...made, ...statics];
  }

  private typeLines(name: string, symbol: ts.Symbol): readonly string[] {
    if (!(symbol.flags & ts.SymbolFlags.Type)) return [];
    const type = this.checker.getDeclaredTypeOfSymbol(symbol);
    const head = `type ${name}${this.parameters(symbol)}`;
    const choices = type.isUnion() ? type.types : [];
    if (choices.length > 0)
      return choices.flatMap((choice) => {
        const { text, inside } = this.tell(choice);
        return [`${head} = ${text}`, ...inside.flatMap((part) => this.members(name + part.suffix, part.type, [type]))];
      });
    const members = this.members(name, type);
    return members.length > 0 ? [head, ...members] : [`${head} = ${this.open(type).text}`];
  }

  private parameters(symbol: ts.Symbol): string {
    const own = (symbol.declarations ?? []).flatMap((declaration) =>
      ts.isInterfaceDeclaration(declaration) ||
      ts.isTypeAliasDeclaration(declaration) ||
      ts.isClassDeclaration(declaration)
        ? (declaration.typeParameters ?? [])
        : [],
    );
    return own.length > 0 ? `<${own.map((parameter) => parameter.getText()).join(', ')}>` : '';
  }

  private property(path: string, symbol: ts.Symbol, above: readonly ts.Type[]): readonly string[] {
    const declaration = symbol.valueDeclaration ?? symbol.declarations?.[0];
    const type = declaration
      ? this.checker.getTypeOfSymbolAtLocation(symbol, declaration)
      : this.checker.getTypeOfSymbol(symbol);
    const at = /^[\w$]+$/.test(symbol.name) ? `${path}.${symbol.name}` : `${path}[${JSON.stringify(symbol.name)}]`;
    const isMethod = (symbol.flags & ts.SymbolFlags.Method) !== 0;
    if (isMethod) return type.getCallSignatures().flatMap((signature) => this.signature(at, signature, above));
    return this.member(at, type, (symbol.flags & ts.SymbolFlags.Optional) !== 0, above);
  }

  private signature(path: string, signature: ts.Signature, above: readonly ts.Type[]): readonly string[] {
    const { text, inside } = this.tellSignature(signature, ': ');
    return [path + text, ...inside.flatMap((part) => this.members(path + part.suffix, part.type, above))];
  }

  private tellSignature(signature: ts.Signature, arrow: ': ' | ' => '): Told {
    const generics = signature.typeParameters?.map((parameter) => this.generic(parameter)).join(', ');
    const parameters = signature.parameters.map((parameter) => this.tellParameter(parameter));
    const result = this.tell(signature.getReturnType());
    const predicate = this.checker.getTypePredicateOfSignature(signature);
    const returned = predicate
      ? this.checker.typePredicateToString(predicate).replace(/\bimport\([^)]*\)\./g, '')
      : result.text;
    return {
      text: `${generics === undefined ? '' : `<${generics}>`}(${parameters.map(({ text }) => text).join(', ')})${arrow}${returned}`,
      inside: [
        ...parameters.flatMap(({ inside }) => inside),
        ...result.inside.map(({ suffix, type }) => ({ suffix: `()${suffix}`, type })),
      ],
    };
  }

  private tellParameter(parameter: ts.Symbol): Told {
    const declaration = parameter.valueDeclaration as ts.ParameterDeclaration | undefined;
    const isRest = declaration?.dotDotDotToken !== undefined;
    const isOptional = declaration !== undefined && this.checker.isOptionalParameter(declaration) && !isRest;
    const type = this.checker.getTypeOfSymbol(parameter);
    const { text, inside } = this.tell(isOptional ? this.checker.getNonNullableType(type) : type);
    const name = parameter.name.startsWith('__') ? 'options' : parameter.name;
    return {
      text: `${isRest ? '...' : ''}${name}${isOptional ? '?' : ''}: ${text}`,
      inside: inside.map((part) => ({ suffix: `(${name})${part.suffix}`, type: part.type })),
    };
  }

  private generic(parameter: ts.TypeParameter): string {
    const limit = parameter.getConstraint();
    const fallback = parameter.getDefault();
    return `${parameter.symbol.name}${limit ? ` extends ${this.tell(limit).text}` : ''}${fallback ? ` = ${this.tell(fallback).text}` : ''}`;
  }

  private tell(type: ts.Type): Told {
    const alias = type.aliasSymbol;
    if (alias && this.isNamed(alias)) return this.named(this.publicName(alias), type.aliasTypeArguments ?? []);
    return this.open(type);
  }

  /** As `tell`, without the type's own alias. */
  private open(type: ts.Type): Told {
    if (this.#telling.has(type)) return { text: type.aliasSymbol?.name ?? '{…}', inside: [] };
    this.#telling.add(type);
    try {
      return this.opened(type);
    } finally {
      this.#telling.delete(type);
    }
  }

  private opened(type: ts.Type): Told {
    if (type.isUnion()) return this.union(type);
    if (type.isIntersection())
      return joined(
        type.types.map((part) => this.tell(part)),
        ' & ',
      );
    if (this.checker.isArrayType(type) || this.checker.isTupleType(type)) return this.list(type as ts.TypeReference);
    if (type.flags & ts.TypeFlags.Object) return this.object(type as ts.ObjectType);
    return {
      text: this.checker
        .typeToString(type, undefined, ts.TypeFormatFlags.NoTruncation)
        .replace(/\bimport\([^)]*\)\./g, ''),
      inside: [],
    };
  }

  private union(type: ts.UnionType): Told {
    const isBoolean = type.types.filter((part) => part.flags & ts.TypeFlags.BooleanLiteral).length === 2;
    const parts = type.types
      .filter((part) => !isBoolean || !(part.flags & ts.TypeFlags.BooleanLiteral))
      .filter((part) => !this.isMissing(part))
      .map((part) => this.tell(part));
    if (parts.length === 1 && !isBoolean) return parts[0]!;
    const all = isBoolean ? [...parts, { text: 'boolean', inside: [] }] : parts;
    return joined(
      [...new Map(all.map((part) => [part.text, part])).values()].sort((a, b) => (a.text < b.text ? -1 : 1)),
      ' | ',
      all.flatMap(({ inside }) => inside),
    );
  }

  /** Under `exactOptionalPropertyTypes` a member that may be missing has a type of its own for it. */
  private isMissing(part: ts.Type): boolean {
    return (part.flags & ts.TypeFlags.Undefined) !== 0 && part !== this.checker.getUndefinedType();
  }

  private list(type: ts.TypeReference): Told {
    const parts = this.checker.getTypeArguments(type).map((part) => this.tell(part));
    const inside = parts.flatMap((part) => part.inside.map((each) => ({ ...each, suffix: `[]${each.suffix}` })));
    if (this.checker.isTupleType(type)) return { text: `[${parts.map(({ text }) => text).join(', ')}]`, inside };
    const text = parts.map((part) => (/[ |&]/.test(part.text) ? `(${part.text})` : part.text)).join('');
    return { text: `${type.symbol.name === 'ReadonlyArray' ? 'readonly ' : ''}${text}[]`, inside };
  }

  private object(type: ts.ObjectType): Told {
    const symbol = type.symbol as ts.Symbol | undefined;
    if (symbol && this.isNamed(symbol)) {
      const isReference = (type.objectFlags & ts.ObjectFlags.Reference) !== 0;
      const given = isReference ? this.checker.getTypeArguments(type as ts.TypeReference) : [];
      return this.named(
        this.publicName(symbol),
        given.filter((part) => !isThis(part)),
      );
    }
    const calls = type.getCallSignatures();
    if (calls.length === 1 && this.checker.getPropertiesOfType(type).length === 0)
      return this.tellSignature(calls[0]!, ' => ');
    return { text: '{…}', inside: symbol && this.opaque.has(symbol.name) ? [] : [{ suffix: '', type }] };
  }

  private named(name: string, given: readonly ts.Type[]): Told {
    if (given.length === 0) return { text: name, inside: [] };
    const parts = given.map((part) => this.tell(part));
    return {
      text: `${name}<${parts.map(({ text }) => text).join(', ')}>`,
      inside: parts.flatMap(({ inside }) => inside.map((part) => ({ ...part, suffix: `<>${part.suffix}` }))),
    };
  }

  /** A public name of the project, or a type of another package. */
  private isNamed(symbol: ts.Symbol): boolean {
    if (this.publicNames.has(symbol)) return true;
    const file = symbol.declarations?.[0]?.getSourceFile();
    return file !== undefined && !this.isOwn(file) && !symbol.name.startsWith('__');
  }

  private publicName(symbol: ts.Symbol): string {
    return this.publicNames.get(symbol) ?? symbol.name;
  }

  private isMember(symbol: ts.Symbol): boolean {
    const [declaration] = symbol.declarations ?? [];
    if (symbol.name.startsWith('__') || declaration === undefined) return declaration === undefined;
    const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
    const isPrivate = (ts.getCombinedModifierFlags(declaration) & hidden) !== 0;
    return !isPrivate && this.isOwn(declaration.getSourceFile());
  }
}

function isThis(type: ts.Type): boolean {
  return (type as { readonly isThisType?: boolean }).isThisType === true;
}

function joined(parts: readonly Told[], by: string, inside = parts.flatMap((part) => part.inside)): Told {
  return { text: parts.map(({ text }) => (text.includes('=>') ? `(${text})` : text)).join(by), inside };
}
